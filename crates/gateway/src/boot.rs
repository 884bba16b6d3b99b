//! What a person wrote into `BOOT.md` of the default agent's workspace is run once at each start,
//! in a session of its own, so that no conversation is disturbed. Governed as every run is.

use gatehouse_agent::Origin;

use crate::runs::Input;
use crate::sessions::SessionName;
use crate::state::App;

/// Its session, within its agent.
const SESSION: &str = "hook:boot";

/// Runs the instructions, when there are some. A failure is told in the log and stops nothing.
pub(crate) async fn run(app: App) {
    let agent = app.agents.defaults().agent_id;
    let workspace = app.agents.workspace(&agent);
    let reading = tokio::task::spawn_blocking(move || gatehouse_agent::prompt::boot(&workspace));
    let Ok(Some(text)) = reading.await else {
        return;
    };
    let name = SessionName::new(SESSION, None, &agent);
    let run_id = format!("boot-{}", app.identity.boot_id);
    let mut input = Input::text(name, run_id, text);
    input.created_via = "hook";
    input.origin = Origin::Gateway;
    match app.runs.submit(input).await {
        Ok(_) => tracing::info!(agent, "the instructions of BOOT.md run"),
        Err(error) => tracing::warn!(%error, "the instructions of BOOT.md could not be run"),
    }
}
