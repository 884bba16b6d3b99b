//! Questions to people and their answers: what is asked (`question`) and how it is shown (`shown`), what may be answered
//! (`answers`), the record of it all and who waits (`registry`), the time by which it ends (`moment`), what the audit
//! says of it (`witness`), and what it looks like on the wire (`wire`).

pub(in crate::govern) mod answers;
mod moment;
pub(in crate::govern) mod question;
pub(in crate::govern) mod registry;
pub(in crate::govern) mod shown;
pub(crate) mod wire;
mod witness;
