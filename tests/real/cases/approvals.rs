//! Commands that wait for a person: allowed, denied, too late, and answered by somebody else.

use std::{path::PathBuf, time::Duration};

use gatehouse_client::{ConnectionEvent, Generation, RequestError};
use gatehouse_protocol::{
    GatewayEvent, NoParams,
    error::REASON_APPROVAL_NOT_FOUND,
    methods::{
        ApprovalFamily, ApprovalGet, ApprovalIdParams, ApprovalResolve, ApprovalResolveParams,
        ExecApprovalList, ExecApprovalResolve, ResolveParams,
    },
    model::approval::{
        ApprovalRecord, ApprovalResolved, ApprovalStatus, Decision, ExecApproval, TerminalReason,
        Verdict,
    },
};
use gatehouse_testkit::{
    cable::Cable,
    gateway::{RealGateway, Version},
};

use super::chat::{say, texts};
use crate::{
    client::{Client, Dial, SOON},
    peers::shared,
};

const LONG: Duration = Duration::from_secs(600);

/// Waits until the gateway asks about a command.
pub(crate) async fn asked(client: &Client, command: &str) -> ExecApproval {
    client
        .hears(|event| match event {
            GatewayEvent::ExecApprovalRequested(asked) => {
                let wanted = asked.request.command.as_deref() == Some(command);
                wanted.then(|| ExecApproval::clone(asked))
            }
            _ => None,
        })
        .await
}

/// Waits until the gateway says that an approval is over.
pub(crate) async fn over(client: &Client, id: &str) -> ApprovalResolved {
    client
        .hears(|event| match event {
            GatewayEvent::ExecApprovalResolved(over) if over.id == id => {
                Some(ApprovalResolved::clone(over))
            }
            _ => None,
        })
        .await
}

/// Decides as the app does: on the generation that was shown, with the newest method that there is.
pub(crate) async fn decide(
    client: &Client,
    version: Version,
    generation: Generation,
    id: &str,
    decision: Verdict,
) -> Result<Option<ApprovalRecord>, RequestError> {
    let id = id.to_owned();
    match version {
        Version::V4 => {
            let params = ApprovalResolveParams {
                id,
                kind: ApprovalFamily::Exec,
                decision,
            };
            let reply = client
                .connection
                .request_on::<ApprovalResolve>(generation, params)
                .await?;
            Ok(Some(reply.approval))
        }
        Version::V3 => {
            let params = ResolveParams { id, decision };
            client
                .connection
                .request_on::<ExecApprovalResolve>(generation, params)
                .await?;
            Ok(None)
        }
    }
}

async fn pending(client: &Client) -> Vec<String> {
    let list = client
        .connection
        .request::<ExecApprovalList>(NoParams {})
        .await
        .unwrap();
    list.items
        .iter()
        .map(|approval| approval.id.clone())
        .collect()
}

/// A file that exists only when the agent's command ran.
fn witness(gateway: &RealGateway, name: &str) -> PathBuf {
    gateway.workspace().join(name)
}

async fn appears(path: &std::path::Path) -> bool {
    let waiting = async {
        while !path.exists() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(SOON, waiting).await.is_ok()
}

pub(crate) async fn an_allowed_command_runs_and_the_agent_goes_on(version: Version) {
    let gateway = shared(version).await;
    let (client, generation) = Client::ready(Dial::to(gateway, "allowed")).await;
    let session = "agent:main:allowed";
    let file = witness(gateway, "allowed.txt");
    let command = format!("touch {}", file.display());
    say(
        &client,
        session,
        "an-allowed-command",
        &format!("exec: {command}"),
    )
    .await;
    let approval = asked(&client, &command).await;
    let request = &approval.request;
    assert!(
        request
            .resolved_path
            .as_deref()
            .is_some_and(|path| path.ends_with("/touch"))
    );
    assert_eq!(request.host.as_deref(), Some("gateway"));
    assert_eq!(request.session_key.as_deref(), Some(session));
    let offered = request.allowed_decisions.clone().unwrap();
    assert!(offered.contains(&Decision::AllowOnce) && offered.contains(&Decision::Deny));
    assert!(!file.exists(), "nothing runs before it is decided");

    let record = decide(
        &client,
        version,
        generation,
        &approval.id,
        Verdict::AllowOnce,
    )
    .await;
    if let Some(record) = record.unwrap() {
        assert_eq!(record.status, Some(ApprovalStatus::Allowed));
        assert_eq!(record.decision, Some(Decision::AllowOnce));
    }
    assert_eq!(
        over(&client, &approval.id).await.decision,
        Some(Decision::AllowOnce)
    );
    assert!(appears(&file).await, "the command ran");
    wait_for_text(&client, session, "Done:").await;
}

pub(crate) async fn a_denied_command_does_not_run_and_the_agent_is_told(version: Version) {
    let gateway = shared(version).await;
    let (client, generation) = Client::ready(Dial::to(gateway, "denied")).await;
    let session = "agent:main:denied";
    let file = witness(gateway, "denied.txt");
    let command = format!("touch {}", file.display());
    say(
        &client,
        session,
        "a-denied-command",
        &format!("exec: {command}"),
    )
    .await;
    let approval = asked(&client, &command).await;
    let record = decide(&client, version, generation, &approval.id, Verdict::Deny).await;
    if let Some(record) = record.unwrap() {
        assert_eq!(record.status, Some(ApprovalStatus::Denied));
        assert_eq!(record.reason, Some(TerminalReason::User));
    }
    assert_eq!(
        over(&client, &approval.id).await.decision,
        Some(Decision::Deny)
    );
    wait_for_text(&client, session, "Done:").await;
    assert!(!file.exists(), "a denied command does not run");
}

async fn wait_for_text(client: &Client, session: &str, wanted: &str) {
    let waiting = async {
        while !texts(client, session)
            .await
            .iter()
            .any(|text| text.contains(wanted))
        {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let outcome = tokio::time::timeout(SOON, waiting).await;
    assert!(
        outcome.is_ok(),
        "no {wanted:?} in {:?}",
        texts(client, session).await
    );
}

pub(crate) async fn an_approval_that_expires_cannot_be_decided_any_more(version: Version) {
    let gateway = shared(version).await;
    let operator = gateway.operator().await.unwrap();
    let (client, generation) = Client::ready(Dial::to(gateway, "expired")).await;
    let command = "echo this expires";
    let raised = operator
        .raise_exec_approval(command, Duration::from_secs(2))
        .await
        .unwrap();
    let approval = asked(&client, command).await;
    assert_eq!(approval.id, raised.id);
    let expires = approval.expires_at_ms.unwrap() - approval.created_at_ms.unwrap();
    assert_eq!(expires, 2000);
    gone(&client, &raised.id).await;

    let late = decide(&client, version, generation, &raised.id, Verdict::AllowOnce).await;
    match version {
        // The record says what it was, and that this answer changed nothing.
        Version::V4 => {
            let record = late.unwrap().unwrap();
            assert_eq!(record.status, Some(ApprovalStatus::Expired));
            assert_eq!(record.reason, Some(TerminalReason::Timeout));
            let over = over(&client, &raised.id).await;
            // The event calls it a denial by nobody; only the record tells that time ran out.
            assert_eq!(over.decision, Some(Decision::Deny));
            assert_eq!(over.resolved_by, None);
        }
        // Nothing tells that it expired, not even an event: our own clock must.
        Version::V3 => assert!(matches!(late, Err(RequestError::Gateway(_))), "{late:?}"),
    }
}

async fn gone(client: &Client, id: &str) {
    let waiting = async {
        while pending(client).await.iter().any(|known| known == id) {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    assert!(
        tokio::time::timeout(SOON, waiting).await.is_ok(),
        "{id} is still pending"
    );
}

pub(crate) async fn an_approval_answered_elsewhere_first_keeps_that_answer(version: Version) {
    let gateway = shared(version).await;
    let operator = gateway.operator().await.unwrap();
    let (client, generation) = Client::ready(Dial::to(gateway, "second")).await;
    let command = "echo answered elsewhere";
    let raised = operator.raise_exec_approval(command, LONG).await.unwrap();
    asked(&client, command).await;
    operator.decide(&raised.id, "deny").await.unwrap();
    let over = over(&client, &raised.id).await;
    assert_eq!(over.decision, Some(Decision::Deny));
    assert!(over.resolved_by.is_some(), "it says who answered");

    match version {
        Version::V4 => {
            let params = ApprovalResolveParams {
                id: raised.id.clone(),
                kind: ApprovalFamily::Exec,
                decision: Verdict::AllowOnce,
            };
            let late = client
                .connection
                .request_on::<ApprovalResolve>(generation, params)
                .await;
            let late = late.unwrap();
            assert!(!late.applied, "the second answer does not count");
            assert_eq!(late.approval.decision, Some(Decision::Deny));
            let params = ApprovalIdParams { id: raised.id };
            let read = client
                .connection
                .request::<ApprovalGet>(params)
                .await
                .unwrap();
            assert_eq!(read.approval.status, Some(ApprovalStatus::Denied));
        }
        Version::V3 => {
            let late = decide(&client, version, generation, &raised.id, Verdict::AllowOnce).await;
            let Err(RequestError::Gateway(error)) = late else {
                panic!("{late:?}")
            };
            // Protocol 3 does not tell an answered approval from one that never was.
            assert_eq!(error.details["reason"], REASON_APPROVAL_NOT_FOUND);
        }
    }
}

pub(crate) async fn an_approval_that_waits_is_found_again_after_a_reconnect(version: Version) {
    let gateway = shared(version).await;
    let operator = gateway.operator().await.unwrap();
    let cable = Cable::to(gateway.port()).await.unwrap();
    let dial = Dial::to(gateway, "reconnect").through(cable.url());
    let (client, before) = Client::ready(dial).await;
    let command = "echo still here";
    let raised = operator.raise_exec_approval(command, LONG).await.unwrap();
    asked(&client, command).await;

    cable.unplug();
    client
        .sees(|event| matches!(event, ConnectionEvent::Down { .. }).then_some(()))
        .await;
    let offline = decide(&client, version, before, &raised.id, Verdict::AllowOnce).await;
    assert_eq!(offline.unwrap_err(), RequestError::Disconnected);
    cable.plug();
    let after = client.up_after(before).await;
    assert!(
        pending(&client).await.contains(&raised.id),
        "the list brings it back"
    );

    let stale = decide(&client, version, before, &raised.id, Verdict::AllowOnce).await;
    assert_eq!(stale.unwrap_err(), RequestError::Stale);
    assert!(
        pending(&client).await.contains(&raised.id),
        "a stale decision decides nothing"
    );
    decide(&client, version, after, &raised.id, Verdict::Deny)
        .await
        .unwrap();
    assert_eq!(
        over(&client, &raised.id).await.decision,
        Some(Decision::Deny)
    );
}

pub(crate) async fn an_approval_does_not_survive_the_gateways_own_restart(version: Version) {
    let mut gateway = crate::peers::own(version, Default::default()).await;
    let (client, before) = Client::ready(Dial::to(&gateway, "cleared")).await;
    let command = "echo lost with the gateway";
    let operator = gateway.operator().await.unwrap();
    let raised = operator.raise_exec_approval(command, LONG).await.unwrap();
    asked(&client, command).await;
    drop(operator);
    gateway.kill();
    gateway.launch().await.unwrap();
    let after = client.up_after(before).await;
    assert_eq!(
        pending(&client).await,
        Vec::<String>::new(),
        "nothing waits any more"
    );
    let late = decide(&client, version, after, &raised.id, Verdict::AllowOnce).await;
    match version {
        Version::V4 => {
            let record = late.unwrap().unwrap();
            assert_ne!(record.status, Some(ApprovalStatus::Allowed), "{record:?}");
            assert_eq!(record.reason, Some(TerminalReason::GatewayRestart));
        }
        Version::V3 => assert!(matches!(late, Err(RequestError::Gateway(_))), "{late:?}"),
    }
}
