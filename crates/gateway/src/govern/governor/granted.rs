//! What was granted before, as the governor asks for it and notes its use.

use gatehouse_agent::Action;
use gatehouse_agent::govern::Effect;
use gatehouse_store::StoreError;

use super::GatewayGovernor;
use super::stop::Stop;
use crate::govern::grants::answering;
use crate::govern::judge::Judged;
use crate::govern::look::Look;
use crate::govern::modes::exec_policy::ExecPolicy;

impl GatewayGovernor {
    /// The grants that answer it, each counted; none where it must be asked. With `listed`, only those that its
    /// allow-list shows.
    pub(super) async fn granted(
        &self,
        action: &Action,
        judged: &Judged,
        look: &Look,
        listed: Option<&ExecPolicy>,
    ) -> Result<Vec<String>, Stop> {
        if judged.dangerous || judged.approvers > 1 {
            return Ok(Vec::new());
        }
        let (store, now) = (&self.parts.store, self.parts.approvals.now());
        let mut grants = store.grants(Some(&action.agent_id), now).await?;
        if let Some(policy) = listed {
            grants.retain(|grant| policy.rules.iter().any(|rule| rule.id == grant.id));
        }
        let found = answering(&grants, action, judged, &look.binding);
        for grant in &found {
            // Taken back a moment ago: then nothing runs by it.
            let said = self.recorder.by_grant(action, grant);
            if !store.grant_use(&grant.id, now, Some(said)).await? {
                return Ok(Vec::new());
            }
            // The entry that shows it says when it was used last.
            self.used(Some(&grant.id), action).await?;
        }
        Ok(found.into_iter().map(|grant| grant.id.clone()).collect())
    }

    /// Notes what an entry of the allow-list let through.
    pub(super) async fn used(&self, rule: Option<&str>, action: &Action) -> Result<(), StoreError> {
        let (Some(rule), Effect::Exec(exec)) = (rule, &action.effect) else {
            return Ok(());
        };
        let program = exec.program.as_ref().map(|path| path.display().to_string());
        let at = i64::try_from(self.parts.clock.now_ms()).unwrap_or(i64::MAX);
        self.parts
            .store
            .allow_entry_used(rule, at, &exec.command, program.as_deref())
            .await
    }
}
