//! JDBC URLs: which database, where it is, and the parameters behind `?`.
//!
//! A URL may hold a password, so it is taken apart once, here; nothing prints it afterwards. What messages show
//! is [`JdbcUrl`]'s `Display`: scheme, hosts and database, no user and no parameters.

use std::fmt;

use super::error::JdbcError;

/// The databases the connector speaks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Database {
    MySql,
    MariaDb,
    Postgres,
    Sqlite,
}

impl Database {
    /// As the vendor writes it, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Database::MySql => "MySQL",
            Database::MariaDb => "MariaDB",
            Database::Postgres => "PostgreSQL",
            Database::Sqlite => "SQLite",
        }
    }

    fn scheme(self) -> &'static str {
        match self {
            Database::MySql => "mysql",
            Database::MariaDb => "mariadb",
            Database::Postgres => "postgresql",
            Database::Sqlite => "sqlite",
        }
    }

    fn default_port(self) -> u16 {
        if self == Database::Postgres { 5432 } else { 3306 }
    }

    /// MySQL and MariaDB share protocol, grammar and client.
    pub fn is_mysql(self) -> bool {
        matches!(self, Database::MySql | Database::MariaDb)
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A server's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    pub name: String,
    pub port: u16,
}

impl Host {
    /// Whether the server runs on this machine, as far as its name tells.
    pub fn is_loopback(&self) -> bool {
        self.name.eq_ignore_ascii_case("localhost")
            || self.name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.contains(':') {
            write!(f, "[{}]:{}", self.name, self.port)
        } else {
            write!(f, "{}:{}", self.name, self.port)
        }
    }
}

/// A JDBC URL taken apart.
#[derive(Clone, PartialEq, Eq)]
pub struct JdbcUrl {
    pub database: Database,
    /// Tried in this order; empty for SQLite.
    pub hosts: Vec<Host>,
    /// The database's name, or SQLite's path (`:memory:` for a database in memory); empty where the URL names none.
    pub name: String,
    /// Parameters in the URL's order, `user` and `password` among them.
    params: Vec<(String, String)>,
}

impl fmt::Display for JdbcUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "jdbc:{}:", self.database.scheme())?;
        if self.database != Database::Sqlite {
            f.write_str("//")?;
            for (i, host) in self.hosts.iter().enumerate() {
                write!(f, "{}{host}", if i == 0 { "" } else { "," })?;
            }
            f.write_str("/")?;
        }
        f.write_str(&self.name)
    }
}

impl fmt::Debug for JdbcUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl JdbcUrl {
    /// Takes a URL apart; an error never repeats more of it than its scheme.
    pub fn parse(url: &str) -> Result<JdbcUrl, JdbcError> {
        let url = url.trim();
        let rest = strip_prefix_ignore_case(url, "jdbc:").ok_or_else(|| {
            JdbcError::url("it does not begin with 'jdbc:'", "write jdbc:mysql://host:3306/database, for example")
        })?;
        let (scheme, rest) = rest.split_once(':').ok_or_else(|| {
            JdbcError::url("no ':' follows the name of the database", "write jdbc:mysql://host:3306/database")
        })?;
        let database = match scheme.to_ascii_lowercase().as_str() {
            "mysql" => Database::MySql,
            "mariadb" => Database::MariaDb,
            "postgresql" => Database::Postgres,
            "sqlite" => Database::Sqlite,
            other => {
                return Err(JdbcError::url(
                    format!("'jdbc:{}:' is no database known here", crate::error::shorten(other, 20)),
                    "use jdbc:mysql:, jdbc:mariadb:, jdbc:postgresql: or jdbc:sqlite:",
                ));
            }
        };
        let (rest, query) = match rest.split_once('?') {
            Some((rest, query)) => (rest, query),
            None => (rest, ""),
        };
        let mut params = parse_params(query)?;
        if database == Database::Sqlite {
            let name = if rest.is_empty() { ":memory:" } else { rest };
            return Ok(JdbcUrl { database, hosts: Vec::new(), name: name.to_owned(), params });
        }
        let Some(authority) = rest.strip_prefix("//") else {
            // pgjdbc knows jdbc:postgresql:database, Connector/J's jdbc:mysql:replication://… are other protocols
            if database == Database::Postgres && !rest.contains(':') {
                let name = decode(rest.trim_start_matches('/'))?;
                let hosts = vec![Host { name: "localhost".into(), port: database.default_port() }];
                return Ok(JdbcUrl { database, hosts, name, params });
            }
            return Err(JdbcError::url(
                format!("'//' and the host do not follow 'jdbc:{}:'", database.scheme()),
                format!("write jdbc:{}://host:{}/database", database.scheme(), database.default_port()),
            ));
        };
        let (authority, name) = authority.split_once('/').unwrap_or((authority, ""));
        let hosts = match authority.rsplit_once('@') {
            None => authority,
            Some((login, hosts)) => {
                let (user, password) = login.split_once(':').map_or((login, None), |(u, p)| (u, Some(p)));
                params.insert(0, ("user".into(), decode(user)?));
                if let Some(password) = password {
                    params.insert(1, ("password".into(), decode(password)?));
                }
                hosts
            }
        };
        let hosts = hosts.split(',').map(|host| parse_host(host, database)).collect::<Result<_, _>>()?;
        Ok(JdbcUrl { database, hosts, name: decode(name)?, params })
    }

    /// The value of a parameter; names are compared without regard to case, the last one of a name wins.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().rev().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// A parameter that is `true` or `false` (or 1, 0, yes, no); `default` where it is absent.
    pub fn flag(&self, name: &str, default: bool) -> Result<bool, JdbcError> {
        match self.param(name).map(str::to_ascii_lowercase).as_deref() {
            None => Ok(default),
            Some("true" | "yes" | "1" | "on" | "") => Ok(true),
            Some("false" | "no" | "0" | "off") => Ok(false),
            Some(_) => Err(JdbcError::param(name, "true or false")),
        }
    }

    /// A parameter that is a number; `default` where it is absent.
    pub fn number(&self, name: &str, default: u64) -> Result<u64, JdbcError> {
        match self.param(name) {
            None => Ok(default),
            Some(text) => text.trim().parse().map_err(|_| JdbcError::param(name, "a number that is not negative")),
        }
    }

    pub fn param_names(&self) -> impl Iterator<Item = &str> {
        self.params.iter().map(|(name, _)| name.as_str())
    }
}

fn strip_prefix_ignore_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

fn parse_params(query: &str) -> Result<Vec<(String, String)>, JdbcError> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        })
        .collect()
}

fn parse_host(text: &str, database: Database) -> Result<Host, JdbcError> {
    let malformed = |what: &str| {
        JdbcError::url(
            format!("{what} in the list of hosts"),
            format!("write host:{}, and percent-encode special characters of a password", database.default_port()),
        )
    };
    if text.starts_with('(') || text.starts_with("address=") {
        return Err(malformed("the 'address=(…)' form, which is not supported, stands"));
    }
    let (name, port) = if let Some(rest) = text.strip_prefix('[') {
        let (name, rest) = rest.split_once(']').ok_or_else(|| malformed("a '[' without ']' stands"))?;
        (name, rest.strip_prefix(':'))
    } else {
        text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)))
    };
    let port = match port {
        None | Some("") => database.default_port(),
        Some(port) => port.parse().map_err(|_| malformed("a port that is no number from 0 to 65535 stands"))?,
    };
    let name = if name.is_empty() { "localhost" } else { name };
    Ok(Host { name: name.to_owned(), port })
}

/// Undoes percent-encoding.
fn decode(text: &str) -> Result<String, JdbcError> {
    if !text.contains('%') {
        return Ok(text.to_owned());
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b'%' {
            let digits = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
            let byte = digits.and_then(|hex| u8::from_str_radix(hex, 16).ok());
            out.push(byte.ok_or_else(|| {
                JdbcError::url("a '%' is not followed by two hexadecimal digits", "write %25 for a percent sign")
            })?);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8(out).map_err(|_| JdbcError::url("percent-encoded bytes are not UTF-8", "encode text as UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(url: &str) -> JdbcUrl {
        JdbcUrl::parse(url).unwrap()
    }

    #[test]
    fn mysql_with_parameters() {
        let url =
            parsed("jdbc:mysql://db.example:3307/ods?useSSL=false&serverTimezone=Asia%2FShanghai&user=a&password=");
        assert_eq!(url.database, Database::MySql);
        assert_eq!(url.hosts, [Host { name: "db.example".into(), port: 3307 }]);
        assert_eq!(url.name, "ods");
        assert_eq!(url.param("servertimezone"), Some("Asia/Shanghai"));
        assert_eq!(url.param("password"), Some(""));
        assert!(!url.flag("useSSL", true).unwrap());
    }

    #[test]
    fn default_ports_and_hosts() {
        assert_eq!(parsed("jdbc:mariadb://h/d").to_string(), "jdbc:mariadb://h:3306/d");
        assert_eq!(parsed("jdbc:postgresql://h/d").to_string(), "jdbc:postgresql://h:5432/d");
        assert_eq!(parsed("jdbc:postgresql:shop").to_string(), "jdbc:postgresql://localhost:5432/shop");
        assert_eq!(parsed("jdbc:postgresql:///shop").to_string(), "jdbc:postgresql://localhost:5432/shop");
        assert_eq!(parsed("jdbc:mysql://[::1]:33/d").to_string(), "jdbc:mysql://[::1]:33/d");
        assert_eq!(parsed("jdbc:mysql://a:1,b/d").to_string(), "jdbc:mysql://a:1,b:3306/d");
    }

    #[test]
    fn sqlite_paths() {
        assert_eq!(parsed("jdbc:sqlite:/tmp/orders.db?busy_timeout=5").name, "/tmp/orders.db");
        assert_eq!(parsed("jdbc:sqlite::memory:").name, ":memory:");
        assert_eq!(parsed("jdbc:sqlite:").name, ":memory:");
        assert_eq!(parsed("jdbc:sqlite:C:/data/x.db").name, "C:/data/x.db");
    }

    #[test]
    fn login_in_front_of_the_host() {
        let url = parsed("jdbc:mysql://me:p%40ss@h:1/d");
        assert_eq!((url.param("user"), url.param("password")), (Some("me"), Some("p@ss")));
        assert_eq!(url.hosts[0].name, "h");
    }

    #[test]
    fn nothing_shown_holds_a_secret() {
        let url = parsed("jdbc:postgresql://me:hunter2@h/d?password=hunter3");
        assert_eq!(format!("{url} {url:?}"), "jdbc:postgresql://h:5432/d jdbc:postgresql://h:5432/d");
        for bad in [
            "jdbc:mysql://me:hunter2@h:port/d",
            "jdbc:mysql:me:hunter2@h/d",
            "mysql://me:hunter2@h/d",
            "jdbc:oracle:thin:me/hunter2@h",
            "jdbc:mysql://h/d?password=hunter2%zz",
        ] {
            let error = crate::Error::from(JdbcUrl::parse(bad).unwrap_err()).to_string();
            assert!(!error.contains("hunter2"), "{error}");
            assert!(error.contains("what to do"), "{error}");
        }
    }
}
