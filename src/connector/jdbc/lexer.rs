//! Splits SQL into tokens, just far enough to find the placeholders: quotes, comments and PostgreSQL's dollar
//! quotes are passed over whole.

use super::error::JdbcError;
use super::url::Database;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A keyword, a bare name or a number.
    Word,
    /// A quoted name, or MySQL's string in double quotes.
    Quoted,
    /// A string.
    Text,
    /// `?`
    Placeholder,
    /// `??`, pgjdbc's way to write the operator `?`.
    QuestionMark,
    Symbol(u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    pub start: usize,
    pub end: usize,
    /// How many parentheses are open around it; an opening one counts itself, a closing one still does.
    pub depth: usize,
}

impl Token {
    pub fn text<'a>(&self, sql: &'a str) -> &'a str {
        &sql[self.start..self.end]
    }

    pub fn is_word(&self, sql: &str, word: &str) -> bool {
        self.kind == Kind::Word && self.text(sql).eq_ignore_ascii_case(word)
    }

    pub fn is_symbol(&self, symbol: u8) -> bool {
        self.kind == Kind::Symbol(symbol)
    }

    /// The name it stands for, without quotes, where it is one.
    pub fn name(&self, sql: &str) -> Option<String> {
        let text = self.text(sql);
        match self.kind {
            Kind::Word => Some(text.to_owned()),
            Kind::Quoted => {
                let quote = &text[text.len() - 1..];
                Some(text[1..text.len() - 1].replace(&quote.repeat(2), quote))
            }
            _ => None,
        }
    }
}

/// The tokens of `sql`, without white space and comments.
pub fn tokens(sql: &str, database: Database) -> Result<Vec<Token>, JdbcError> {
    let bytes = sql.as_bytes();
    let mut found: Vec<Token> = Vec::new();
    let (mut at, mut depth) = (0, 0usize);
    while at < bytes.len() {
        let start = at;
        let next = bytes.get(at + 1).copied();
        let kind = match bytes[at] {
            byte if byte.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'-' if next == Some(b'-') && starts_dash_comment(bytes, at, database) => {
                at = line_end(bytes, at);
                continue;
            }
            b'#' if database.is_mysql() => {
                at = line_end(bytes, at);
                continue;
            }
            b'/' if next == Some(b'*') => {
                at = block_comment_end(sql, at, database == Database::Postgres)?;
                continue;
            }
            b'\'' => {
                // PostgreSQL: only E'…' knows the backslash
                let escapes = match database {
                    Database::Postgres => found.last().is_some_and(|t| t.end == start && t.is_word(sql, "e")),
                    Database::Sqlite => false,
                    _ => true,
                };
                at = quote_end(sql, at, escapes)?;
                Kind::Text
            }
            b'"' => {
                at = quote_end(sql, at, database.is_mysql())?;
                Kind::Quoted
            }
            b'`' if database != Database::Postgres => {
                at = quote_end(sql, at, false)?;
                Kind::Quoted
            }
            b'[' if database == Database::Sqlite => {
                at = sql[at..].find(']').map(|end| at + end + 1).ok_or_else(|| unterminated(sql, start, "["))?;
                Kind::Quoted
            }
            b'$' if database == Database::Postgres && dollar_tag(sql, at).is_some() => {
                let tag = dollar_tag(sql, at).unwrap_or_default();
                let body = at + tag.len();
                let end = sql[body..].find(tag).ok_or_else(|| unterminated(sql, start, tag))?;
                at = body + end + tag.len();
                Kind::Text
            }
            b'?' if next == Some(b'?') && database == Database::Postgres => {
                at += 2;
                Kind::QuestionMark
            }
            b'?' => {
                at += 1;
                Kind::Placeholder
            }
            byte if is_word_byte(byte) => {
                while at < bytes.len() && is_word_byte(bytes[at]) {
                    at += 1;
                }
                Kind::Word
            }
            byte => {
                at += 1;
                Kind::Symbol(byte)
            }
        };
        if kind == Kind::Symbol(b'(') {
            depth += 1;
        }
        found.push(Token { kind, start, end: at, depth });
        if kind == Kind::Symbol(b')') {
            depth = depth.saturating_sub(1);
        }
    }
    Ok(found)
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// MySQL wants white space behind `--`: `5--1` is a difference there.
fn starts_dash_comment(bytes: &[u8], at: usize, database: Database) -> bool {
    !database.is_mysql() || bytes.get(at + 2).is_none_or(u8::is_ascii_whitespace)
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| at + end + 1)
}

fn block_comment_end(sql: &str, start: usize, nests: bool) -> Result<usize, JdbcError> {
    let bytes = sql.as_bytes();
    let (mut at, mut depth) = (start + 2, 1);
    while let Some(pair) = bytes.get(at..at + 2) {
        if pair == b"*/" {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Ok(at);
            }
        } else if nests && pair == b"/*" {
            depth += 1;
            at += 2;
        } else {
            at += 1;
        }
    }
    Err(unterminated(sql, start, "/*"))
}

/// The end of a quoted part; a doubled quote stands for itself.
fn quote_end(sql: &str, start: usize, escapes: bool) -> Result<usize, JdbcError> {
    let bytes = sql.as_bytes();
    let quote = bytes[start];
    let mut at = start + 1;
    while at < bytes.len() {
        if escapes && bytes[at] == b'\\' {
            at += 2;
        } else if bytes[at] == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return Ok(at + 1);
            }
            at += 2;
        } else {
            at += 1;
        }
    }
    Err(unterminated(sql, start, &sql[start..=start]))
}

/// `$$` or `$tag$` at `at`.
fn dollar_tag(sql: &str, at: usize) -> Option<&str> {
    let rest = &sql[at + 1..];
    let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'))?;
    let tag_is_name = !rest.starts_with(|c: char| c.is_ascii_digit());
    (tag_is_name && rest[length..].starts_with('$')).then(|| &sql[at..at + length + 2])
}

fn unterminated(sql: &str, at: usize, opening: &str) -> JdbcError {
    let opening = opening.to_owned();
    JdbcError::Statement {
        sql: crate::error::shorten(sql, 200),
        problem: format!("the {opening} at character {} is never closed", sql[..at].chars().count() + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placeholders(sql: &str, database: Database) -> usize {
        tokens(sql, database).unwrap().iter().filter(|token| token.kind == Kind::Placeholder).count()
    }

    #[test]
    fn quotes_and_comments_hide_question_marks() {
        use Database::{MySql, Postgres, Sqlite};
        assert_eq!(placeholders("a ? 'it''s ?' \"?\" -- ?\n ? /* ? */ ?", Sqlite), 3);
        assert_eq!(placeholders("`?` ? # ?\n 'a\\'?' 5--? ", MySql), 2);
        assert_eq!(placeholders("[?] ? 'a\\' ?", Sqlite), 2);
        assert_eq!(placeholders("$$?$$ ? $x$ ? $$ $x$ E'\\'?' 'a\\' ? /* /* ? */ ? */ a ?? b", Postgres), 2);
        assert_eq!(placeholders("'订单?' 订单 ?", Postgres), 1);
    }

    #[test]
    fn an_open_quote_is_an_error_with_its_place() {
        let error = tokens("SELECT 'abc", Database::MySql).unwrap_err().to_string();
        assert!(error.contains("the ' at character 8 is never closed"), "{error}");
        assert!(tokens("SELECT /* ", Database::Sqlite).is_err());
        assert!(tokens("SELECT $a$ ", Database::Postgres).is_err());
    }
}
