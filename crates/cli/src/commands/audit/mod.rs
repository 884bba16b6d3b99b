//! `audit`: asked of a gateway, or read from the files of one that does not run.

mod file;
mod show;
mod source;

use std::time::Duration;

use serde_json::Value;

use super::Context;
use crate::args::{AuditAction, AuditArgs, AuditFilters, Format};
use crate::environment::now_ms;
use crate::failure::{Failure, FailureKind};
use source::{Listing, Source};

/// How often a gateway is asked for what came since.
const PAUSE: Duration = Duration::from_secs(1);

/// The longest page that a gateway gives.
const PAGE: u32 = 500;

pub(super) async fn run(context: &mut Context<'_>, args: AuditArgs) -> Result<(), Failure> {
    if let AuditAction::Verify {
        file: Some(path),
        key,
        head,
    } = &args.action
    {
        let report = file::verify(path, key.as_deref(), head.as_deref())?;
        return verified(context, &report);
    }
    let source = Source::open(context, args.state_dir, args.target).await?;
    let done = match args.action {
        AuditAction::List {
            limit,
            before,
            filter,
        } => list(context, &source, limit, before, &filter).await,
        AuditAction::Follow { filter } => follow(context, &source, &filter).await,
        AuditAction::Verify { .. } => match source.verify().await {
            Ok(report) => verified(context, &report),
            Err(failure) => Err(failure),
        },
        AuditAction::Export { format } => export(context, &source, format).await,
        AuditAction::Seal { older_than } => seal(context, &source, older_than).await,
    };
    source.close().await;
    done
}

async fn list(
    context: &mut Context<'_>,
    source: &Source,
    limit: u32,
    before: Option<u64>,
    filter: &AuditFilters,
) -> Result<(), Failure> {
    let listing = source.list(filter, before, limit).await?;
    if context.output.is_json() {
        return context.output.value(&listing.whole);
    }
    if listing.records().is_empty() {
        context.output.note("no records");
        return Ok(());
    }
    show::table(context, listing.records())?;
    if listing.more() {
        let last = listing
            .records()
            .last()
            .and_then(|record| record["seq"].as_u64());
        let words = last.map(|seq| format!("older ones: --before {seq}"));
        words.inspect(|words| context.output.hint(words));
    }
    Ok(())
}

async fn follow(
    context: &mut Context<'_>,
    source: &Source,
    filter: &AuditFilters,
) -> Result<(), Failure> {
    let latest = source.list(filter, None, 1).await?;
    let mut last = latest.latest();
    loop {
        for record in since(source, filter, last).await? {
            last = last.max(record["seq"].as_u64().unwrap_or(last));
            if context.output.is_json() {
                context.output.value_line(&record)?;
            } else {
                context.output.line(&show::line(&record))?;
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The records after a number, the oldest first.
async fn since(source: &Source, filter: &AuditFilters, last: u64) -> Result<Vec<Value>, Failure> {
    let mut records = Vec::new();
    let mut before = None;
    loop {
        let Listing { whole } = source.list(filter, before, PAGE).await?;
        let page = Listing { whole };
        let new = page
            .records()
            .iter()
            .filter(|record| record["seq"].as_u64() > Some(last));
        let came = new.clone().count();
        records.extend(new.cloned());
        before = page
            .records()
            .last()
            .and_then(|record| record["seq"].as_u64());
        if came < page.records().len() || !page.more() {
            records.reverse();
            return Ok(records);
        }
    }
}

/// Says what was found. What is broken or not proven is an answer, and a failure for scripts.
fn verified(context: &mut Context<'_>, report: &Value) -> Result<(), Failure> {
    if context.output.is_json() {
        context.output.value(report)?;
    } else {
        show::report(context, report)?;
    }
    let broken = &report["broken"];
    if broken.is_null() {
        return show::unproven(report).map_or(Ok(()), Err);
    }
    let text = broken["text"].as_str().unwrap_or("the audit is broken");
    let text = gatehouse_protocol::untrusted::one_line(text, 400);
    Err(Failure::new(FailureKind::General, "auditBroken", text))
}

async fn seal(context: &mut Context<'_>, source: &Source, older_than: u64) -> Result<(), Failure> {
    let before = now_ms().saturating_sub(older_than);
    let sealed = source.seal(before).await?;
    if context.output.is_json() {
        return context.output.value(&sealed);
    }
    let count = sealed["sealed"].as_u64().unwrap_or(0);
    context
        .output
        .line(&format!("{count} records were sealed away"))
}

async fn export(context: &mut Context<'_>, source: &Source, format: Format) -> Result<(), Failure> {
    let mut after = None;
    loop {
        let (text, next) = source.export(format, after).await?;
        context.output.raw(text.as_bytes())?;
        match next {
            Some(next) => after = Some(next),
            None => return Ok(()),
        }
    }
}
