//! The URL parameters of the well-known JDBC drivers: what each does here, or why it does nothing.
//!
//! Programs bring URLs that were written for Connector/J, MariaDB's driver, pgjdbc or sqlite-jdbc. A parameter is
//! honoured, ignored knowingly, or unknown; unknown ones are named in a warning.

use super::url::{Database, JdbcUrl};

/// What a known parameter does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Honoured,
    /// Accepted without effect: it tunes something that does not exist here or is always on.
    Ignored,
}

use Effect::{Honoured, Ignored};

static MYSQL: &[(&str, Effect)] = &[
    ("user", Honoured),
    ("password", Honoured),
    ("useSSL", Honoured),
    ("requireSSL", Honoured),
    ("verifyServerCertificate", Honoured),
    ("sslMode", Honoured),
    ("serverSslCert", Honoured),
    ("connectTimeout", Honoured),
    ("socketTimeout", Honoured),
    ("serverTimezone", Honoured),
    ("connectionTimeZone", Honoured),
    ("forceConnectionTimeZoneToSession", Honoured),
    ("sessionVariables", Honoured),
    ("connectionCollation", Honoured),
    ("createDatabaseIfNotExist", Honoured),
    ("jdbcCompliantTruncation", Honoured),
    ("useCompression", Honoured),
    ("rewriteBatchedStatements", Ignored),
    ("characterEncoding", Ignored),
    ("useUnicode", Ignored),
    ("characterSetResults", Ignored),
    ("autoReconnect", Ignored),
    ("autoReconnectForPools", Ignored),
    ("failOverReadOnly", Ignored),
    ("maxReconnects", Ignored),
    ("initialTimeout", Ignored),
    ("useServerPrepStmts", Ignored),
    ("cachePrepStmts", Ignored),
    ("prepStmtCacheSize", Ignored),
    ("prepStmtCacheSqlLimit", Ignored),
    ("useBulkStmts", Ignored),
    ("useBulkStmtsForInserts", Ignored),
    ("useBatchMultiSend", Ignored),
    ("usePipelineAuth", Ignored),
    ("allowMultiQueries", Ignored),
    ("allowPublicKeyRetrieval", Ignored),
    ("allowLoadLocalInfile", Ignored),
    ("useAffectedRows", Ignored),
    ("zeroDateTimeBehavior", Ignored),
    ("tinyInt1isBit", Ignored),
    ("transformedBitIsBoolean", Ignored),
    ("yearIsDateType", Ignored),
    ("sendFractionalSeconds", Ignored),
    ("preserveInstants", Ignored),
    ("useTimezone", Ignored),
    ("timezone", Ignored),
    ("useLegacyDatetimeCode", Ignored),
    ("useJDBCCompliantTimezoneShift", Ignored),
    ("nullCatalogMeansCurrent", Ignored),
    ("nullDatabaseMeansCurrent", Ignored),
    ("nullNamePatternMatchesAll", Ignored),
    ("useInformationSchema", Ignored),
    ("useOldAliasMetadataBehavior", Ignored),
    ("noAccessToProcedureBodies", Ignored),
    ("useLocalSessionState", Ignored),
    ("useLocalTransactionState", Ignored),
    ("elideSetAutoCommits", Ignored),
    ("alwaysSendSetIsolation", Ignored),
    ("maintainTimeStats", Ignored),
    ("cacheResultSetMetadata", Ignored),
    ("cacheServerConfiguration", Ignored),
    ("cacheCallableStmts", Ignored),
    ("useConfigs", Ignored),
    ("useCursorFetch", Ignored),
    ("defaultFetchSize", Ignored),
    ("dontTrackOpenResources", Ignored),
    ("autoClosePStmtStreams", Ignored),
    ("autoDeserialize", Ignored),
    ("enableQueryTimeouts", Ignored),
    ("enablePacketDebug", Ignored),
    ("profileSQL", Ignored),
    ("logger", Ignored),
    ("logSlowQueries", Ignored),
    ("dumpQueriesOnException", Ignored),
    ("includeInnodbStatusInDeadlockExceptions", Ignored),
    ("maxQuerySizeToLog", Ignored),
    ("paranoid", Ignored),
    ("permitMysqlScheme", Ignored),
    ("tcpKeepAlive", Ignored),
    ("tcpNoDelay", Ignored),
    ("tcpRcvBuf", Ignored),
    ("tcpSndBuf", Ignored),
    ("enabledTLSProtocols", Ignored),
    ("tlsVersions", Ignored),
    ("enabledSSLCipherSuites", Ignored),
    ("defaultAuthenticationPlugin", Ignored),
    ("autocommit", Ignored),
    ("useReadAheadInput", Ignored),
    ("useUnbufferedInput", Ignored),
];

static POSTGRES: &[(&str, Effect)] = &[
    ("user", Honoured),
    ("password", Honoured),
    ("ssl", Honoured),
    ("sslmode", Honoured),
    ("sslrootcert", Honoured),
    ("currentSchema", Honoured),
    ("ApplicationName", Honoured),
    ("options", Honoured),
    ("connectTimeout", Honoured),
    ("loginTimeout", Honoured),
    ("socketTimeout", Honoured),
    ("targetServerType", Honoured),
    ("reWriteBatchedInserts", Ignored),
    ("stringtype", Ignored),
    ("prepareThreshold", Ignored),
    ("preparedStatementCacheQueries", Ignored),
    ("preparedStatementCacheSizeMiB", Ignored),
    ("preferQueryMode", Ignored),
    ("binaryTransfer", Ignored),
    ("binaryTransferEnable", Ignored),
    ("binaryTransferDisable", Ignored),
    ("defaultRowFetchSize", Ignored),
    ("adaptiveFetch", Ignored),
    ("autosave", Ignored),
    ("cleanupSavepoints", Ignored),
    ("tcpKeepAlive", Ignored),
    ("tcpNoDelay", Ignored),
    ("sendBufferSize", Ignored),
    ("receiveBufferSize", Ignored),
    ("loggerLevel", Ignored),
    ("loggerFile", Ignored),
    ("logUnclosedConnections", Ignored),
    ("logServerErrorDetail", Ignored),
    ("assumeMinServerVersion", Ignored),
    ("allowEncodingChanges", Ignored),
    ("charSet", Ignored),
    ("compatible", Ignored),
    ("databaseMetadataCacheFields", Ignored),
    ("disableColumnSanitiser", Ignored),
    ("escapeSyntaxCallMode", Ignored),
    ("gssEncMode", Ignored),
    ("hostRecheckSeconds", Ignored),
    ("loadBalanceHosts", Ignored),
    ("channelBinding", Ignored),
    ("cancelSignalTimeout", Ignored),
    ("sslfactory", Ignored),
    ("sslResponseTimeout", Ignored),
    ("protocolVersion", Ignored),
    ("readOnly", Ignored),
    ("readOnlyMode", Ignored),
    ("unknownLength", Ignored),
];

static SQLITE: &[(&str, Effect)] = &[
    ("busy_timeout", Honoured),
    ("journal_mode", Honoured),
    ("synchronous", Honoured),
    ("foreign_keys", Honoured),
    ("cache_size", Honoured),
    ("temp_store", Honoured),
    ("locking_mode", Honoured),
    ("journal_size_limit", Honoured),
    ("page_size", Honoured),
    ("encoding", Ignored),
    ("transaction_mode", Ignored),
    ("open_mode", Ignored),
    ("shared_cache", Ignored),
    ("enable_load_extension", Ignored),
    ("date_class", Ignored),
    ("date_precision", Ignored),
    ("date_string_format", Ignored),
    ("user", Ignored),
    ("password", Ignored),
];

/// The parameters known for that database.
pub fn known(database: Database) -> &'static [(&'static str, Effect)] {
    match database {
        Database::MySql | Database::MariaDb => MYSQL,
        Database::Postgres => POSTGRES,
        Database::Sqlite => SQLITE,
    }
}

/// Names the URL's parameters that nothing here knows; their values stay unsaid, they may be secrets.
pub fn unknown(url: &JdbcUrl) -> Vec<String> {
    let known = known(url.database);
    let is_known = |name: &str| known.iter().any(|(key, _)| key.eq_ignore_ascii_case(name));
    url.param_names().filter(|name| !is_known(name)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_unknown_parameters_are_named() {
        let url = JdbcUrl::parse("jdbc:mysql://h/d?useSSL=false&RewriteBatchedStatements=true&shoeSize=42").unwrap();
        assert_eq!(unknown(&url), ["shoeSize"]);
    }

    #[test]
    fn the_documentation_lists_what_is_honoured() {
        let page = include_str!("../../../docs/connectors/jdbc.md");
        for database in [Database::MySql, Database::Postgres, Database::Sqlite] {
            for (name, effect) in known(database) {
                if *effect == Honoured {
                    assert!(page.contains(&format!("`{name}`")), "docs/connectors/jdbc.md does not mention {name}");
                }
            }
        }
    }
}
