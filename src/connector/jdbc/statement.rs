//! The user's SQL: its placeholders, the columns they fill, and how several rows go into one statement.
//!
//! `INSERT … VALUES (?, ?)` (and `REPLACE`, `ON DUPLICATE KEY UPDATE`, `ON CONFLICT`, `INSERT OR REPLACE`) is cut
//! into what stands before the group, the group itself, and what follows: repeating the group makes a multi-row
//! statement of it. Any other statement is run once a row.

use std::ops::Range;

use super::error::JdbcError;
use super::lexer::{Kind, Token, tokens};
use super::url::Database;

/// A parsed statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The text around the placeholders: one piece more than there are placeholders.
    pieces: Vec<String>,
    /// Set where the group of values can be repeated.
    group: Option<Group>,
    /// The table of an insert, as it is written.
    pub table: Option<String>,
    /// The column each placeholder fills, where the statement tells.
    pub columns: Vec<Option<String>>,
}

/// `before (? , ?) after`
#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    before: String,
    /// The text around the placeholders of the group, parentheses included.
    pieces: Vec<String>,
    after: String,
}

impl Statement {
    pub fn parse(sql: &str, database: Database) -> Result<Statement, JdbcError> {
        let problem = |what: String| JdbcError::Statement { sql: crate::error::shorten(sql, 200), problem: what };
        let mut found = tokens(sql, database)?;
        while found.last().is_some_and(|token| token.is_symbol(b';')) {
            found.pop();
        }
        let Some(last) = found.last() else {
            return Err(problem("it is empty".into()));
        };
        if found.iter().any(|token| token.is_symbol(b';')) {
            return Err(problem("it holds more than one statement".into()));
        }
        let sql = &sql[..last.end];
        let placeholders: Vec<&Token> = found.iter().filter(|token| token.kind == Kind::Placeholder).collect();
        let pieces = pieces(sql, &found, 0..sql.len());
        let group = find_group(sql, &found, placeholders.len());
        let (table, columns) = targets(sql, &found);
        Ok(Statement { pieces, group, table, columns })
    }

    pub fn placeholders(&self) -> usize {
        self.pieces.len() - 1
    }

    /// Whether several rows may go into one statement.
    pub fn takes_rows(&self) -> bool {
        self.group.is_some()
    }

    /// The statement for `rows` rows with PostgreSQL's numbered placeholders.
    pub fn numbered(&self, rows: usize) -> String {
        let mut sql = String::new();
        let mut number = 0;
        self.assemble(
            rows,
            &mut sql,
            |sql, text| sql.push_str(text),
            |sql, _, _| {
                number += 1;
                sql.push('$');
                sql.push_str(&number.to_string());
            },
        );
        sql
    }

    /// The statement for one row with the placeholders as they are.
    pub fn plain(&self) -> String {
        self.pieces.join("?")
    }

    /// Writes the statement for `rows` rows: `text` is given what stands around the placeholders, `value` the row
    /// and the number of each placeholder.
    fn assemble<T>(
        &self,
        rows: usize,
        out: &mut T,
        text: impl Fn(&mut T, &str),
        mut value: impl FnMut(&mut T, usize, usize),
    ) {
        let (before, pieces, after) = self.parts(rows > 1);
        text(out, before);
        for row in 0..rows {
            if row > 0 {
                text(out, ", ");
            }
            for (number, piece) in pieces.iter().enumerate() {
                if number > 0 {
                    value(out, row, number - 1);
                }
                text(out, piece);
            }
        }
        text(out, after);
    }

    /// What stands before a row, the row's own pieces, and what follows the last row; with `group` false (or
    /// without a group) the whole statement is the row.
    pub fn parts(&self, group: bool) -> (&str, &[String], &str) {
        match &self.group {
            Some(parts) if group => (&parts.before, &parts.pieces, &parts.after),
            _ => ("", &self.pieces, ""),
        }
    }
}

/// The text of `range` around the placeholders in it.
fn pieces(sql: &str, tokens: &[Token], range: Range<usize>) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let mut at = range.start;
    for token in tokens.iter().filter(|token| range.contains(&token.start)) {
        let (kept_until, starts_piece) = match token.kind {
            Kind::Placeholder => (token.start, true),
            Kind::QuestionMark => (token.start + 1, false),
            _ => continue,
        };
        let last = pieces.len() - 1;
        pieces[last].push_str(&sql[at..kept_until]);
        if starts_piece {
            pieces.push(String::new());
        }
        at = token.end;
    }
    let last = pieces.len() - 1;
    pieces[last].push_str(&sql[at..range.end]);
    pieces
}

fn is_insert(sql: &str, tokens: &[Token]) -> bool {
    tokens.first().is_some_and(|token| token.is_word(sql, "insert") || token.is_word(sql, "replace"))
}

/// The tokens of the group behind the first `VALUES` of an insert: from its `(` to its `)`.
fn values_group(sql: &str, tokens: &[Token]) -> Option<Range<usize>> {
    if !is_insert(sql, tokens) {
        return None;
    }
    let is_values = |token: &Token| token.depth == 0 && (token.is_word(sql, "values") || token.is_word(sql, "value"));
    let open = tokens.iter().position(is_values)? + 1;
    if !tokens.get(open)?.is_symbol(b'(') {
        return None;
    }
    let close = tokens[open..].iter().position(|token| token.is_symbol(b')') && token.depth == 1)?;
    Some(open..open + close + 1)
}

fn find_group(sql: &str, tokens: &[Token], placeholders: usize) -> Option<Group> {
    let group = values_group(sql, tokens)?;
    let inside = &tokens[group.clone()];
    let count = |tokens: &[Token]| tokens.iter().filter(|token| token.kind == Kind::Placeholder).count();
    // a query inside the group would not see the rows before it
    let has_query = inside.iter().any(|token| token.is_word(sql, "select"));
    let more_rows = tokens.get(group.end).is_some_and(|token| token.is_symbol(b','));
    if has_query || more_rows || placeholders == 0 || count(inside) != placeholders {
        return None;
    }
    let (start, end) = (tokens[group.start].start, tokens[group.end - 1].end);
    let text = |range: Range<usize>| pieces(sql, tokens, range).join("");
    Some(Group { before: text(0..start), pieces: pieces(sql, tokens, start..end), after: text(end..sql.len()) })
}

/// The table of an insert and the column that each placeholder of a statement fills.
fn targets(sql: &str, tokens: &[Token]) -> (Option<String>, Vec<Option<String>>) {
    let mut table = None;
    let mut listed: Vec<(Range<usize>, String)> = Vec::new();
    if let Some(into) = tokens.iter().position(|token| token.is_word(sql, "into")).filter(|_| is_insert(sql, tokens)) {
        let mut at = into + 1;
        while let Some(token) = tokens.get(at).filter(|t| matches!(t.kind, Kind::Word | Kind::Quoted)) {
            if token.is_word(sql, "values") || token.is_word(sql, "value") || token.is_word(sql, "as") {
                break;
            }
            at += 1;
            if !tokens.get(at).is_some_and(|token| token.is_symbol(b'.')) {
                break;
            }
            at += 1;
        }
        if let Some(start) = tokens.get(into + 1).filter(|_| at > into + 1) {
            table = Some(sql[start.start..tokens[at - 1].end].to_owned());
        }
        if let Some(group) = values_group(sql, tokens) {
            let columns = column_list(sql, &tokens[at..group.start]);
            let items = split_items(&tokens[group.clone()]);
            if columns.len() == items.len() {
                let shifted = items.into_iter().map(|item| item.start + group.start..item.end + group.start);
                listed = shifted.zip(columns).collect();
            }
        }
    }
    let columns = (0..tokens.len()).filter(|at| tokens[*at].kind == Kind::Placeholder).map(|at| {
        if let Some((_, name)) = listed.iter().find(|(range, _)| range.contains(&at)) {
            return Some(name.clone());
        }
        // `column = ?`
        let equals = at.checked_sub(1).filter(|before| tokens[*before].is_symbol(b'='))?;
        tokens[equals.checked_sub(1)?].name(sql)
    });
    (table, columns.collect())
}

/// The names in the first parentheses of `tokens`.
fn column_list(sql: &str, tokens: &[Token]) -> Vec<String> {
    let Some(open) = tokens.iter().position(|token| token.is_symbol(b'(')) else { return Vec::new() };
    let inside = tokens[open + 1..].iter().take_while(|token| !token.is_symbol(b')'));
    inside.filter_map(|token| token.name(sql)).collect()
}

/// The comma-separated items between the parentheses that are the first and the last of `group`.
fn split_items(group: &[Token]) -> Vec<Range<usize>> {
    let mut items = Vec::new();
    let mut start = 1;
    for (at, token) in group.iter().enumerate() {
        let ends_item = (token.is_symbol(b',') && token.depth == 1) || at == group.len() - 1;
        if ends_item {
            items.push(start..at);
            start = at + 1;
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;
    use Database::{MySql, Postgres, Sqlite};

    fn parse(sql: &str, database: Database) -> Statement {
        Statement::parse(sql, database).unwrap()
    }

    fn columns(sql: &str) -> Vec<Option<String>> {
        parse(sql, MySql).columns
    }

    #[test]
    fn an_insert_takes_several_rows() {
        let statement =
            parse("INSERT INTO t (a, b) VALUES (?, CAST(? AS jsonb)) ON CONFLICT (a) DO NOTHING;", Postgres);
        assert_eq!(statement.placeholders(), 2);
        assert_eq!(
            statement.numbered(2),
            "INSERT INTO t (a, b) VALUES ($1, CAST($2 AS jsonb)), ($3, CAST($4 AS jsonb)) ON CONFLICT (a) DO NOTHING"
        );
        assert_eq!(
            statement.numbered(1),
            "INSERT INTO t (a, b) VALUES ($1, CAST($2 AS jsonb)) ON CONFLICT (a) DO NOTHING"
        );
    }

    #[test]
    fn the_values_function_of_mysql_is_no_second_group() {
        let sql = "replace into t values (?, now(), 'x?') on duplicate key update n = n + values(n)";
        let statement = parse(sql, MySql);
        assert_eq!(statement.placeholders(), 1);
        let (before, pieces, after) = statement.parts(true);
        assert_eq!(before, "replace into t values ");
        assert_eq!(pieces, ["(", ", now(), 'x?')"]);
        assert_eq!(after, " on duplicate key update n = n + values(n)");
        assert_eq!(statement.plain(), sql);
    }

    #[test]
    fn what_cannot_be_repeated_runs_row_by_row() {
        for sql in [
            "UPDATE t SET a = ? WHERE b = ?",
            "DELETE FROM t WHERE a = ?",
            "CALL p(?, ?)",
            "INSERT INTO t SELECT ?, ?",
            "INSERT INTO t SET a = ?",
            "INSERT INTO t VALUES (?), (?)",
            "INSERT INTO t VALUES ((SELECT max(a) FROM t), ?)",
            "INSERT INTO t VALUES (?) ON DUPLICATE KEY UPDATE a = ?",
            "WITH x AS (SELECT ?) INSERT INTO t SELECT * FROM x",
        ] {
            assert!(!parse(sql, MySql).takes_rows(), "{sql}");
        }
        for sql in
            ["INSERT OR REPLACE INTO t VALUES (?)", "insert into t(a) values(?) on conflict(a) do update set a=1"]
        {
            assert!(parse(sql, Sqlite).takes_rows(), "{sql}");
        }
    }

    #[test]
    fn columns_of_placeholders() {
        let some = |name: &str| Some(name.to_owned());
        assert_eq!(columns("INSERT INTO d.t (a, `b c`, c) VALUES (?, 1, coalesce(?, 2))"), [some("a"), some("c")]);
        assert_eq!(columns("UPDATE t SET a = ?, `b` = ? WHERE id > ?"), [some("a"), some("b"), None]);
        assert_eq!(columns("INSERT INTO t VALUES (?, ?)"), [None, None]);
        assert_eq!(parse("INSERT IGNORE INTO d . t VALUES (?)", MySql).table, some("d . t"));
        assert_eq!(parse("INSERT INTO \"T\" (a) VALUES (?)", Postgres).table, some("\"T\""));
    }

    #[test]
    fn a_doubled_question_mark_is_an_operator_of_postgres() {
        let statement = parse("UPDATE t SET a = ? WHERE tags ?? 'x'", Postgres);
        assert_eq!(statement.numbered(1), "UPDATE t SET a = $1 WHERE tags ? 'x'");
    }

    #[test]
    fn one_statement_only() {
        assert!(Statement::parse("  ", MySql).is_err());
        assert!(Statement::parse("DELETE FROM t; INSERT INTO t VALUES (?)", MySql).is_err());
        assert_eq!(parse("DELETE FROM t WHERE a = ? ;\n", MySql).plain(), "DELETE FROM t WHERE a = ?");
    }
}
