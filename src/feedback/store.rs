//! The reports of months, in one SQLite file.
//!
//! A report is known by its kind, its reporter and its id: what comes twice - by mail to two addresses, read again from
//! the same mailbox - is counted once.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::aggregate::Aggregate;
use super::failure::Failure;
use super::report::Report;
use super::tls::TlsReport;
use crate::error::{Error, Result};

/// The form of the tables; a file of another form is refused.
const VERSION: i64 = 1;

const TABLES: &str = "
CREATE TABLE report (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    org TEXT NOT NULL,
    report_id TEXT NOT NULL,
    domain TEXT NOT NULL,
    begins INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    form TEXT NOT NULL DEFAULT '',
    p TEXT NOT NULL DEFAULT '',
    sp TEXT NOT NULL DEFAULT '',
    np TEXT NOT NULL DEFAULT '',
    pct TEXT NOT NULL DEFAULT '',
    testing TEXT NOT NULL DEFAULT '',
    faults TEXT NOT NULL DEFAULT '',
    UNIQUE (kind, org, report_id)
);
CREATE INDEX report_begins ON report (begins);
CREATE TABLE message_row (
    id INTEGER PRIMARY KEY,
    report INTEGER NOT NULL REFERENCES report (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    messages INTEGER NOT NULL,
    disposition TEXT NOT NULL,
    dkim INTEGER NOT NULL,
    spf INTEGER NOT NULL,
    header_from TEXT NOT NULL,
    envelope_from TEXT NOT NULL,
    reasons TEXT NOT NULL
);
CREATE INDEX message_row_report ON message_row (report);
CREATE TABLE authentication (
    message_row INTEGER NOT NULL REFERENCES message_row (id) ON DELETE CASCADE,
    method TEXT NOT NULL,
    domain TEXT NOT NULL,
    selector TEXT NOT NULL,
    result TEXT NOT NULL
);
CREATE INDEX authentication_row ON authentication (message_row);
CREATE TABLE failure (
    report INTEGER NOT NULL REFERENCES report (id) ON DELETE CASCADE,
    source TEXT NOT NULL,
    failed TEXT NOT NULL,
    envelope_from TEXT NOT NULL,
    delivery TEXT NOT NULL
);
CREATE TABLE tls_policy (
    id INTEGER PRIMARY KEY,
    report INTEGER NOT NULL REFERENCES report (id) ON DELETE CASCADE,
    domain TEXT NOT NULL,
    kind TEXT NOT NULL,
    successes INTEGER NOT NULL,
    failures INTEGER NOT NULL
);
CREATE TABLE tls_failure (
    tls_policy INTEGER NOT NULL REFERENCES tls_policy (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    sender TEXT NOT NULL,
    mx TEXT NOT NULL,
    sessions INTEGER NOT NULL
);
";

/// A span of time in seconds since 1970: from the first to before the second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Reports that begin then or later.
    pub since: Option<i64>,
    /// Reports that begin earlier.
    pub until: Option<i64>,
}

impl Span {
    pub(super) fn bounds(self) -> (i64, i64) {
        (self.since.unwrap_or(i64::MIN), self.until.unwrap_or(i64::MAX))
    }
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is in the store now.
    New,
    /// It was there already.
    Known,
}

/// The store.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
}

impl Store {
    /// Opens the file at `path`, or makes it, for its owner alone: reports name addresses.
    ///
    /// # Errors
    /// A configuration error when it is no such store, or cannot be read or written.
    pub fn open(path: &Path) -> Result<Self> {
        // SQLite would make it for everybody; what it makes beside it gets the same mode. Why it cannot be made, SQLite
        // tells.
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            let _ = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        }
        let store = Connection::open(path).map_err(broken).and_then(Self::over);
        store.map_err(|e| e.during(format!("opening the store {}", path.display())))
    }

    /// A store that lives as long as this run.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn in_memory() -> Result<Self> {
        Connection::open_in_memory().map_err(broken).and_then(Self::over)
    }

    fn over(connection: Connection) -> Result<Self> {
        connection.busy_timeout(Duration::from_secs(10)).map_err(broken)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(broken)?;
        let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(broken)?;
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0)).map_err(broken)?;
        match (version, tables) {
            (VERSION, _) => {}
            (0, 0) => {
                connection
                    .execute_batch(&format!("BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;"))
                    .map_err(broken)?;
            }
            (0, _) => return Err(Error::config("the file is a database of something else")),
            (other, _) => {
                return Err(Error::config(format!("the store has form {other}; this program knows form {VERSION}"))
                    .hint("read the reports again into a new file"));
            }
        }
        Ok(Store { connection })
    }

    /// Adds `reports`, all or none.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn add(&mut self, reports: &[Report]) -> Result<Vec<Added>> {
        let transaction = self.connection.transaction().map_err(broken)?;
        let added = reports.iter().map(|r| insert(&transaction, r)).collect::<rusqlite::Result<_>>().map_err(broken)?;
        transaction.commit().map_err(broken)?;
        Ok(added)
    }
}

pub(super) fn broken(e: rusqlite::Error) -> Error {
    Error::config("the store of reports cannot be used").because(e)
}

fn insert(db: &Transaction<'_>, report: &Report) -> rusqlite::Result<Added> {
    let (kind, domain, begins, ends) = match report {
        Report::Aggregate(r) => ("aggregate", r.policy.domain.as_str(), r.begin, r.end),
        Report::Failure(r) => ("failure", r.domain.as_str(), r.at, r.at),
        Report::Tls(r) => ("tls", r.policies.first().map_or("", |p| p.domain.as_str()), r.begin, r.end),
    };
    let id: Option<i64> = db
        .prepare_cached(
            "INSERT INTO report (kind, org, report_id, domain, begins, ends) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT DO NOTHING RETURNING id",
        )?
        .query_row(params![kind, report.org(), report.id(), domain, begins, ends], |row| row.get(0))
        .optional()?;
    let Some(id) = id else { return Ok(Added::Known) };
    match report {
        Report::Aggregate(r) => insert_aggregate(db, id, r)?,
        Report::Failure(r) => insert_failure(db, id, r)?,
        Report::Tls(r) => insert_tls(db, id, r)?,
    }
    Ok(Added::New)
}

fn insert_aggregate(db: &Transaction<'_>, id: i64, report: &Aggregate) -> rusqlite::Result<()> {
    let form = match report.form {
        super::Form::Rfc7489 => "rfc7489",
        super::Form::Rfc9990 => "rfc9990",
    };
    let policy = &report.policy;
    db.prepare_cached(
        "UPDATE report SET form = ?, p = ?, sp = ?, np = ?, pct = ?, testing = ?, faults = ? WHERE id = ?",
    )?
    .execute(params![
        form,
        policy.p,
        policy.sp,
        policy.np,
        policy.pct,
        policy.testing,
        report.faults.join("; "),
        id
    ])?;
    let mut row_in = db.prepare_cached(
        "INSERT INTO message_row (report, source, messages, disposition, dkim, spf, header_from, envelope_from, reasons)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?;
    let mut auth_in = db.prepare_cached(
        "INSERT INTO authentication (message_row, method, domain, selector, result) VALUES (?, ?, ?, ?, ?)",
    )?;
    for row in &report.rows {
        let reasons: Vec<&str> = row.reasons.iter().map(|r| r.kind.as_str()).collect();
        let count = i64::try_from(row.count).unwrap_or(i64::MAX);
        let row_id = row_in.insert(params![
            id,
            row.source,
            count,
            row.disposition,
            row.dkim,
            row.spf,
            row.header_from,
            row.envelope_from,
            reasons.join(" ")
        ])?;
        for auth in &row.dkim_auth {
            auth_in.execute(params![row_id, "dkim", auth.domain, auth.selector, auth.result])?;
        }
        for auth in &row.spf_auth {
            auth_in.execute(params![row_id, "spf", auth.domain, auth.scope, auth.result])?;
        }
    }
    Ok(())
}

fn insert_failure(db: &Transaction<'_>, id: i64, report: &Failure) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT INTO failure (report, source, failed, envelope_from, delivery) VALUES (?, ?, ?, ?, ?)")?
        .execute(params![id, report.source, report.failed.join(" "), report.envelope_from, report.delivery])?;
    Ok(())
}

fn insert_tls(db: &Transaction<'_>, id: i64, report: &TlsReport) -> rusqlite::Result<()> {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    for policy in &report.policies {
        let policy_id = db
            .prepare_cached(
                "INSERT INTO tls_policy (report, domain, kind, successes, failures) VALUES (?, ?, ?, ?, ?)",
            )?
            .insert(params![id, policy.domain, policy.kind, number(policy.successes), number(policy.failures)])?;
        for failure in &policy.details {
            db.prepare_cached(
                "INSERT INTO tls_failure (tls_policy, kind, sender, mx, sessions) VALUES (?, ?, ?, ?, ?)",
            )?
            .execute(params![
                policy_id,
                failure.kind,
                failure.sender,
                failure.mx,
                number(failure.count)
            ])?;
        }
    }
    Ok(())
}
