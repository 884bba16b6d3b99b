//! `gatehouse audit …`: what was recorded, whether it still is what was recorded, and all of it in other forms.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use gatehouse_audit::kinds;
use gatehouse_gateway::audit::ExportFormat;

use super::Target;
use super::number::{LARGEST, whole};
use super::time::span;

#[derive(Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct AuditArgs {
    /// Read what the gateway of this state folder recorded, instead of asking one; it need not run
    #[arg(long, value_name = "DIR", global = true)]
    pub(crate) state_dir: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) target: Target,
    #[command(subcommand)]
    pub(crate) action: AuditAction,
}

#[derive(Subcommand)]
pub(crate) enum AuditAction {
    /// What was recorded, the latest first
    List {
        /// At most this many; 1 to 500
        #[arg(long, default_value_t = 50, allow_negative_numbers = true, value_parser = whole::<u32>(1, 500))]
        limit: u32,
        /// Only what is older than the record of this number
        #[arg(long, value_name = "SEQ", allow_negative_numbers = true, value_parser = whole::<u64>(1, LARGEST))]
        before: Option<u64>,
        #[command(flatten)]
        filter: AuditFilters,
    },
    /// Print each record as it comes, until interrupted
    Follow {
        #[command(flatten)]
        filter: AuditFilters,
    },
    /// Check that nothing was changed, taken out, put in, moved or cut off; exits with 1 where something was, with 6
    /// where not all of it is proven
    Verify {
        /// An export in JSON lines, instead of a gateway
        file: Option<PathBuf>,
        /// The key that has to have signed the export; without it, the one that the export names
        #[arg(long, requires = "file")]
        key: Option<String>,
        /// How many records there were and their root, as noted from an earlier `audit verify`: the export has to go at
        /// least that far
        #[arg(long, value_name = "SIZE:ROOT", requires = "file")]
        head: Option<String>,
    },
    /// Write all of it to stdout
    Export {
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Drop what was signed longer ago than this; what is left of it is enough to verify what came after. Export it first
    Seal {
        /// Such as `365d`
        #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = span)]
        older_than: u64,
    },
}

#[derive(Args, Clone, Default)]
pub(crate) struct AuditFilters {
    /// Only this kind, such as `tool.intent`, or this group of kinds, such as `tool`; more than one may be given
    #[arg(long = "kind", value_parser = kind)]
    pub(crate) kinds: Vec<String>,
    /// Only this agent's
    #[arg(long)]
    pub(crate) agent: Option<String>,
    /// Only this session's
    #[arg(long)]
    pub(crate) session: Option<String>,
    /// Only what was answered with this
    #[arg(long, value_parser = ["allow", "ask", "deny"])]
    pub(crate) verdict: Option<String>,
    /// Only what has this text in what was done, or in what it was done to
    #[arg(long)]
    pub(crate) text: Option<String>,
}

impl AuditFilters {
    /// The kinds, with those of each group in its place.
    pub(crate) fn kinds(&self) -> Vec<&str> {
        let each = |name: &'_ String| match kinds::of_group(name) {
            Some(kinds) => kinds.to_vec(),
            None => Vec::new(),
        };
        let groups = self.kinds.iter().flat_map(each);
        let own = self.kinds.iter().filter(|name| kinds::is_known(name));
        groups.chain(own.map(String::as_str)).collect()
    }
}

/// A misspelt kind would find nothing, as if nothing had happened.
fn kind(name: &str) -> Result<String, String> {
    if kinds::is_known(name) || kinds::of_group(name).is_some() {
        return Ok(name.to_owned());
    }
    let known = kinds::GROUPS.iter().map(|(group, kinds)| {
        let kinds = kinds.join(", ");
        format!("{group}: {kinds}")
    });
    let known: Vec<_> = known.collect();
    Err(format!(
        "there is no such kind; there are\n{}",
        known.join("\n")
    ))
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// JSON lines, which verify by themselves
    #[default]
    Jsonl,
    /// A table that is safe to open in a spreadsheet
    Csv,
    /// OpenTelemetry logs, a request on each line
    Otlp,
}

impl From<Format> for ExportFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Jsonl => Self::Jsonl,
            Format::Csv => Self::Csv,
            Format::Otlp => Self::Otlp,
        }
    }
}

impl Format {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Otlp => "otlp",
        }
    }
}
