//! The table in which an exactly-once sink keeps, in the transaction of the rows, which of them are there.
//!
//! One line a writer, which has a random name: the last checkpoint whose rows it has written. What a checkpoint has
//! prepared carries the same name and number, so whoever writes it after a restore, any number of times, finds out whether
//! it is there. The other columns are for people.

use super::client::{Client, Outcome, Settings};
use super::error::{Reason, Trouble};
use super::url::Database;
use crate::checkpoint::CheckpointId;
use crate::operator::SubtaskContext;

/// Its name unless the program sets another.
pub const DEFAULT_TABLE: &str = "flott_commits";

/// Lines that nobody has touched for so many days are removed: no job goes on from a checkpoint as old as that.
const KEPT_DAYS: u32 = 90;

/// Whether it is a name that needs no quotes, with a schema in front or without.
pub fn is_name(table: &str) -> bool {
    let is_word = |word: &str| {
        word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && word.starts_with(|c: char| !c.is_ascii_digit())
    };
    table.split('.').count() <= 2 && table.split('.').all(|word| !word.is_empty() && is_word(word))
}

/// What a line says of its writer.
#[derive(Debug, Clone)]
pub struct Place {
    table: String,
    job: String,
    sink: String,
    subtask: usize,
}

impl Place {
    pub fn new(table: &str, context: &SubtaskContext) -> Place {
        Place {
            table: table.to_owned(),
            job: plain(&context.job_name),
            sink: plain(&context.operator),
            subtask: context.subtask,
        }
    }

    /// Makes the table where there is none, and the line of a new writer.
    pub fn register(&self, client: &mut dyn Client, settings: &Settings, writer: &str) -> Outcome {
        let table = &self.table;
        // a look first: not everybody may create tables
        let look = format!("UPDATE {table} SET checkpoint_id = 0 WHERE writer = ''");
        match client.update(&look) {
            Ok(_) => {}
            Err(trouble) if trouble.reason == Reason::NoTable => {
                let created = client.update(&self.definition(settings.database()));
                // another subtask may have been faster
                client
                    .update(&look)
                    .map_err(|trouble| created.err().unwrap_or(trouble))
                    .map_err(|t| self.explain(t))?;
            }
            Err(trouble) => return Err(self.explain(trouble)),
        }
        let Place { job, sink, subtask, .. } = self;
        let line = format!(
            "INSERT INTO {table} (writer, checkpoint_id, job, sink, subtask) VALUES ('{writer}', 0, '{job}', '{sink}', {subtask})"
        );
        client.update(&line).map(drop).map_err(|trouble| self.explain(trouble))
    }

    /// Removes the lines of writers that are long gone, but for those that a checkpoint names.
    pub fn tidy<'a>(
        &self,
        client: &mut dyn Client,
        database: Database,
        named: impl IntoIterator<Item = &'a str>,
    ) -> Outcome {
        let before = match database {
            Database::Sqlite => format!("datetime('now', '-{KEPT_DAYS} days')"),
            _ => format!("CURRENT_TIMESTAMP - INTERVAL '{KEPT_DAYS}' DAY"),
        };
        let kept: String = named.into_iter().map(|writer| format!(" AND writer <> '{writer}'")).collect();
        match client.update(&format!("DELETE FROM {} WHERE committed_at < {before}{kept}", self.table)) {
            // who may not delete keeps them, and they hurt nobody
            Err(trouble) if trouble.reason.breaks_connection() => Err(self.explain(trouble)),
            _ => Ok(()),
        }
    }

    /// The table as a database's statement.
    fn definition(&self, database: Database) -> String {
        let engine = match database {
            Database::MySql | Database::MariaDb => " ENGINE=InnoDB",
            Database::Postgres | Database::Sqlite => "",
        };
        format!(
            "CREATE TABLE IF NOT EXISTS {} (writer VARCHAR(36) NOT NULL PRIMARY KEY, checkpoint_id BIGINT NOT NULL, \
             job VARCHAR(200) NOT NULL, sink VARCHAR(200) NOT NULL, subtask INT NOT NULL, \
             committed_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP){engine}",
            self.table
        )
    }

    fn explain(&self, trouble: Trouble) -> Trouble {
        Trouble { message: format!("{} (of the table '{}')", trouble.message, self.table), ..trouble }
    }
}

/// Says that the rows of a writer up to a checkpoint are there.
pub struct Marker {
    place: Place,
    writer: String,
    checkpoint: CheckpointId,
}

impl Marker {
    /// `writer` is in the form of a UUID.
    pub fn new(place: &Place, writer: &str, checkpoint: CheckpointId) -> Marker {
        Marker { place: place.clone(), writer: writer.to_owned(), checkpoint }
    }

    /// Sets it inside the transaction; false where it was set before. Others that do the same wait here.
    pub fn set(&self, client: &mut dyn Client) -> Outcome<bool> {
        let Marker { place: Place { table, job, sink, subtask }, writer, checkpoint } = self;
        let raised = client.update(&format!(
            "UPDATE {table} SET checkpoint_id = {checkpoint}, committed_at = CURRENT_TIMESTAMP \
             WHERE writer = '{writer}' AND checkpoint_id < {checkpoint}"
        ));
        if raised.map_err(|trouble| self.place.explain(trouble))? > 0 {
            return Ok(true);
        }
        // a database that was set back to before the writer was registered does not have its rows either
        let line = client.update(&format!(
            "INSERT INTO {table} (writer, checkpoint_id, job, sink, subtask) \
             SELECT '{writer}', {checkpoint}, '{job}', '{sink}', {subtask} FROM (SELECT 1 AS one) AS one_line \
             WHERE NOT EXISTS (SELECT 1 FROM {table} WHERE writer = '{writer}')"
        ));
        Ok(line.map_err(|trouble| self.place.explain(trouble))? > 0)
    }
}

/// A name that can stand between quotes in every database, shortened.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_graphic() && !"'\\".contains(c) { c } else { '_' }).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_tables_need_no_quotes() {
        for name in ["flott_commits", "etl.commits", "_c1"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "a.b.c", "1a", "a b", "a;DROP TABLE b", "a.", "订单"] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn names_of_operators_are_harmless() {
        assert_eq!(plain("Sink: o'brien \\ 订单"), "Sink:_o_brien_____");
    }
}
