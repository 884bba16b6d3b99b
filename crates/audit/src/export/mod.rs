//! The log in other forms: JSON lines that verify by themselves, a table for a spreadsheet, and logs for a
//! collector.

mod csv;
mod jsonl;
mod otlp;
mod time;

pub use csv::{csv_header, csv_row};
pub use jsonl::{ExportVerifier, checkpoint_line, end_line, header_line, segment_line};
pub use otlp::otlp_document;
pub use time::rfc3339;
