//! One suite for all three databases, and what only one of them has.
//!
//! SQLite is always there. MariaDB and PostgreSQL are the servers that FLOTT_TEST_MARIADB and FLOTT_TEST_POSTGRES
//! name; without them their tests say so and pass.

/// One test a database for each function `fn(&Target)` of the module.
macro_rules! on_all_databases {
    ($($name:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[test] fn $name() { if let Some(target) = super::Target::sqlite() { super::$name(&target) } })*
        }
        mod on_mariadb {
            $(#[test] fn $name() { if let Some(target) = super::Target::mariadb() { super::$name(&target) } })*
        }
        mod on_postgres {
            $(#[test] fn $name() { if let Some(target) = super::Target::postgres() { super::$name(&target) } })*
        }
    };
}
use on_all_databases;

mod bad_days;
mod databases;
mod exactly_once;
mod restart;
mod sqlite;
mod values;
mod writing;
