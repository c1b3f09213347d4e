//! `sasl.jaas.config`: a Java login module's line, read for the user and the password in it.

/// What a JAAS line says. No `Debug`: it holds a password.
pub struct Jaas {
    /// The class's simple name: `PlainLoginModule`.
    pub module: String,
    options: Vec<(String, String)>,
}

impl Jaas {
    /// Reads `org.…PlainLoginModule required username="alice" password="…";`. The error never repeats the text.
    pub fn parse(text: &str) -> Result<Jaas, &'static str> {
        let mut tokens = tokens(text)?.into_iter();
        let class = tokens.next().ok_or("it is empty")?;
        match tokens.next().as_deref() {
            Some("required" | "requisite" | "sufficient" | "optional") => {}
            _ => return Err("a control flag such as 'required' must follow the login module"),
        }
        let mut options = Vec::new();
        let mut rest = tokens.peekable();
        while let Some(name) = rest.next() {
            if name == ";" {
                break;
            }
            if rest.next().as_deref() != Some("=") {
                return Err("an option is not of the form name=\"value\"");
            }
            options.push((name, rest.next().ok_or("the last option has no value")?));
        }
        Ok(Jaas { module: class.rsplit('.').next().unwrap_or(&class).to_owned(), options })
    }

    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Words, quoted strings (with backslash escapes), `=` and `;`.
fn tokens(text: &str) -> Result<Vec<String>, &'static str> {
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => {}
            '=' | ';' => found.push(c.to_string()),
            '"' | '\'' => {
                let mut value = String::new();
                loop {
                    match chars.next().ok_or("a quote is not closed")? {
                        end if end == c => break,
                        '\\' => value.push(chars.next().ok_or("a quote is not closed")?),
                        other => value.push(other),
                    }
                }
                found.push(value);
            }
            first => {
                let mut word = String::from(first);
                while let Some(next) = chars.next_if(|n| !n.is_whitespace() && !matches!(n, '=' | ';' | '"' | '\'')) {
                    word.push(next);
                }
                found.push(word);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_user_and_password() {
        let jaas = Jaas::parse(
            "org.apache.kafka.common.security.plain.PlainLoginModule required\n username=\"al ice\" password=\"a;\\\"b=c\";",
        )
        .ok()
        .unwrap();
        assert_eq!(jaas.module, "PlainLoginModule");
        assert_eq!(jaas.option("username"), Some("al ice"));
        assert_eq!(jaas.option("password"), Some("a;\"b=c"));
        assert_eq!(jaas.option("serviceName"), None);
    }

    #[test]
    fn refuses_what_is_not_jaas() {
        assert!(Jaas::parse("").is_err());
        assert!(Jaas::parse("PlainLoginModule username=\"a\"").is_err());
        assert!(Jaas::parse("PlainLoginModule required username=\"a").is_err());
    }
}
