//! One request of each method, with every parameter set, and what a protocol 3 gateway takes.
//! The `old` lists are the parameter schemas of gateway 2026.4.25, which refuses every other field;
//! a method without a list does not exist there.

use gatehouse_protocol::connect::caps;
use gatehouse_protocol::device::{ProofClaims, ProofVersion};
use gatehouse_protocol::method::{Method, encode};
use gatehouse_protocol::methods::*;
use gatehouse_protocol::model::approval::Verdict;
use gatehouse_protocol::{
    ClientId, ClientInfo, ClientMode, ConnectAuth, ConnectParams, DeviceKey, MethodScope, NoParams,
    ProtocolVersion, Role, Scope, Secret,
};
use serde_json::Value;

/// A request, ready to be written for a version.
pub(crate) struct Sample {
    pub(crate) method: &'static str,
    pub(crate) scope: MethodScope,
    /// The published definition of its parameters.
    pub(crate) definition: Option<&'static str>,
    pub(crate) old_params: Option<&'static [&'static str]>,
    pub(crate) encode: Box<dyn Fn(ProtocolVersion) -> Value>,
}

fn sample<M: Method>(
    definition: &'static str,
    old_params: Option<&'static [&'static str]>,
    params: M::Params,
) -> Sample
where
    M::Params: 'static,
{
    Sample {
        method: M::NAME,
        scope: M::SCOPE,
        definition: (!definition.is_empty()).then_some(definition),
        old_params,
        encode: Box::new(move |version| {
            let text = encode::<M>("1-1", &params, version).unwrap();
            serde_json::from_str(&text).unwrap()
        }),
    }
}

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(crate) fn samples() -> Vec<Sample> {
    let mut all = system();
    all.extend(sessions());
    all.extend(chat());
    all.extend(approvals());
    all.extend(pairing());
    all
}

fn connect() -> ConnectParams {
    let key = DeviceKey::from_seed([3; 32]);
    let scopes = [
        Scope::Read,
        Scope::Write,
        Scope::Approvals,
        Scope::Questions,
        Scope::Pairing,
    ];
    let names = scopes.clone().map(|scope| scope.as_str().to_owned());
    let claims = ProofClaims {
        client_id: ClientId::GatewayClient.as_str(),
        client_mode: ClientMode::Ui.as_str(),
        role: Role::Operator.as_str(),
        scopes: &names,
        signed_at_ms: 1,
        token: Some("t"),
        nonce: "n",
        platform: "linux",
        device_family: Some("desktop"),
    };
    ConnectParams {
        min_protocol: ProtocolVersion::OLDEST,
        max_protocol: ProtocolVersion::NEWEST,
        client: ClientInfo {
            id: ClientId::GatewayClient,
            mode: ClientMode::Ui,
            display_name: text("Gatehouse"),
            version: "0.1.0".into(),
            platform: "linux".into(),
            device_family: text("desktop"),
            instance_id: text("i-1"),
        },
        caps: caps::OFFERED.map(str::to_owned).to_vec(),
        role: Role::Operator,
        scopes: scopes.to_vec(),
        device: Some(claims.prove(ProofVersion::V3, &key)),
        auth: ConnectAuth {
            token: Secret::new("t"),
            bootstrap_token: Secret::new("b"),
            device_token: Secret::new("d"),
            password: Secret::new("p"),
        },
        locale: text("en"),
        user_agent: text("gatehouse/0.1.0"),
    }
}

const CONNECT: &[&str] = &[
    "minProtocol",
    "maxProtocol",
    "client",
    "caps",
    "commands",
    "permissions",
    "pathEnv",
    "role",
    "scopes",
    "device",
    "auth",
    "locale",
    "userAgent",
];

fn system() -> Vec<Sample> {
    vec![
        sample::<Connect>("ConnectParams", Some(CONNECT), connect()),
        sample::<ConfigGet>("", Some(&[]), NoParams {}),
        sample::<Health>("", Some(&[]), NoParams {}),
        sample::<Status>("", Some(&[]), NoParams {}),
        sample::<LogsTail>(
            "LogsTailParams",
            Some(&["cursor", "limit", "maxBytes"]),
            LogsTailParams {
                cursor: Some(1),
                limit: Some(5000),
                max_bytes: Some(1_000_000),
            },
        ),
        sample::<SystemPresence>("", Some(&[]), NoParams {}),
        sample::<ModelsList>(
            "ModelsListParams",
            Some(&[]),
            ModelsListParams {
                agent_id: text("main"),
            },
        ),
        sample::<AgentsList>("AgentsListParams", Some(&[]), NoParams {}),
        sample::<AgentIdentityGet>(
            "AgentIdentityParams",
            Some(&["agentId", "sessionKey"]),
            AgentIdentityParams {
                agent_id: text("main"),
                session_key: text("agent:main:main"),
            },
        ),
        sample::<CommandsList>(
            "CommandsListParams",
            Some(&["agentId", "provider", "scope", "includeArgs"]),
            CommandsListParams {
                session_key: text("agent:main:main"),
                agent_id: text("main"),
                include_args: Some(true),
            },
        ),
    ]
}

const SESSIONS_LIST: &[&str] = &[
    "limit",
    "activeMinutes",
    "includeGlobal",
    "includeUnknown",
    "includeDerivedTitles",
    "includeLastMessage",
    "label",
    "spawnedBy",
    "agentId",
    "search",
];

fn list_params() -> SessionsListParams {
    SessionsListParams {
        limit: Some(60),
        offset: Some(0),
        active_minutes: Some(5),
        include_global: Some(false),
        include_unknown: Some(false),
        include_derived_titles: Some(true),
        include_last_message: Some(true),
        agent_id: text("main"),
        search: text("deploy"),
        archived: Some(false),
    }
}

fn sessions() -> Vec<Sample> {
    let key = || "agent:main:main".to_owned();
    vec![
        sample::<SessionsList>("SessionsListParams", Some(SESSIONS_LIST), list_params()),
        sample::<SessionsSubscribe>("SessionsListParams", Some(&[]), list_params()),
        sample::<MessagesSubscribe>(
            "SessionsMessagesSubscribeParams",
            Some(&["key"]),
            MessagesSubscribeParams {
                key: key(),
                agent_id: text("main"),
                include_approvals: true,
            },
        ),
        sample::<MessagesUnsubscribe>(
            "SessionsMessagesUnsubscribeParams",
            Some(&["key"]),
            SessionKeyParams {
                key: key(),
                agent_id: text("main"),
            },
        ),
        sample::<SessionsPreview>(
            "SessionsPreviewParams",
            Some(&["keys", "limit", "maxChars"]),
            SessionsPreviewParams {
                keys: vec![key()],
                limit: Some(2),
                max_chars: Some(100),
            },
        ),
        sample::<SessionsCreate>(
            "SessionsCreateParams",
            Some(&[
                "key",
                "agentId",
                "label",
                "model",
                "parentSessionKey",
                "task",
                "message",
            ]),
            SessionsCreateParams {
                key: Some(key()),
                idempotency_key: text("k"),
                agent_id: text("main"),
                label: text("l"),
                display_name: text("d"),
                model: text("m"),
                message: text("hi"),
            },
        ),
        sample::<SessionsPatch>(
            "SessionsPatchParams",
            Some(&[
                "key",
                "label",
                "thinkingLevel",
                "fastMode",
                "model",
                "execSecurity",
                "execAsk",
            ]),
            SessionsPatchParams {
                key: key(),
                agent_id: text("main"),
                label: Change::Set("l".into()),
                archived: Some(true),
                pinned: Some(true),
                unread: Some(false),
                model: Change::Clear,
                thinking_level: Change::Set("low".into()),
                permission_mode: Change::Set("guarded".into()),
                exec_security: Change::Set("allowlist".into()),
                exec_ask: Change::Clear,
            },
        ),
        sample::<SessionsReset>(
            "SessionsResetParams",
            Some(&["key", "reason"]),
            SessionsResetParams {
                key: key(),
                agent_id: text("main"),
                reason: ResetReason::New,
            },
        ),
        sample::<SessionsDelete>(
            "SessionsDeleteParams",
            Some(&["key", "deleteTranscript", "emitLifecycleHooks"]),
            SessionsDeleteParams {
                key: key(),
                agent_id: text("main"),
                delete_transcript: Some(true),
                expected_session_id: text("s"),
            },
        ),
        sample::<SessionsAbort>(
            "SessionsAbortParams",
            Some(&["key", "runId"]),
            SessionsAbortParams {
                key: key(),
                agent_id: text("main"),
                run_id: text("r"),
            },
        ),
        sample::<SessionsSearch>(
            "SessionsSearchParams",
            None,
            SessionsSearchParams {
                query: "q".into(),
                agent_id: text("main"),
                limit: Some(25),
            },
        ),
    ]
}

const CHAT_SEND: &[&str] = &[
    "sessionKey",
    "message",
    "thinking",
    "deliver",
    "attachments",
    "timeoutMs",
    "idempotencyKey",
];

fn chat() -> Vec<Sample> {
    let session_key = || "agent:main:main".to_owned();
    vec![
        sample::<ChatHistoryGet>(
            "ChatHistoryParams",
            Some(&["sessionKey", "limit", "maxChars"]),
            ChatHistoryParams {
                session_key: session_key(),
                agent_id: text("main"),
                limit: Some(1000),
                offset: Some(10),
                cursor: text("c"),
                message_id: text("m"),
                session_id: text("s"),
                max_chars: Some(500_000),
            },
        ),
        sample::<ChatSend>(
            "ChatSendParams",
            Some(CHAT_SEND),
            ChatSendParams {
                session_key: session_key(),
                agent_id: text("main"),
                session_id: text("s"),
                message: "hi".into(),
                thinking: text("low"),
                attachments: vec![Attachment {
                    kind: text("image"),
                    mime_type: "image/png".into(),
                    file_name: "a.png".into(),
                    content: "AAAA".into(),
                }],
                idempotency_key: "k".into(),
            },
        ),
        sample::<ChatAbort>(
            "ChatAbortParams",
            Some(&["sessionKey", "runId"]),
            ChatAbortParams {
                session_key: session_key(),
                agent_id: text("main"),
                run_id: text("r"),
            },
        ),
        sample::<ChatMessageGet>(
            "ChatMessageGetParams",
            None,
            ChatMessageGetParams {
                session_key: session_key(),
                message_id: "m".into(),
                agent_id: text("main"),
                max_chars: Some(2_000_000),
            },
        ),
        sample::<ChatMetadata>(
            "ChatMetadataParams",
            None,
            ChatMetadataParams {
                session_key: Some(session_key()),
                agent_id: text("main"),
            },
        ),
    ]
}

fn approvals() -> Vec<Sample> {
    let resolve = |decision| ResolveParams {
        id: "a".into(),
        decision,
    };
    let id = || ApprovalIdParams { id: "a".into() };
    let answer = AnswerSet {
        answers: [("q_1".to_owned(), vec!["yes".to_owned()])].into(),
    };
    let resolve_any = ApprovalResolveParams {
        id: "a".into(),
        kind: ApprovalFamily::SystemAgent,
        decision: Verdict::AllowOnce,
    };
    let history = ApprovalHistoryParams {
        cursor: text("c"),
        limit: Some(100),
        kind: Some(ApprovalFamily::Exec),
    };
    let answered = QuestionResolveParams::Answer {
        id: "q".into(),
        answers: answer,
    };
    let cancelled = QuestionResolveParams::Cancel {
        id: "q".into(),
        cancel: True,
    };
    vec![
        sample::<ExecApprovalList>("", Some(&[]), NoParams {}),
        sample::<ExecApprovalGet>("ExecApprovalGetParams", Some(&["id"]), id()),
        sample::<ExecApprovalResolve>(
            "ExecApprovalResolveParams",
            Some(&["id", "decision"]),
            resolve(Verdict::AllowAlways),
        ),
        sample::<PluginApprovalList>("", Some(&[]), NoParams {}),
        sample::<PluginApprovalResolve>(
            "PluginApprovalResolveParams",
            Some(&["id", "decision"]),
            resolve(Verdict::Deny),
        ),
        sample::<SystemApprovalList>("", None, NoParams {}),
        sample::<ApprovalGet>("ApprovalGetParams", None, id()),
        sample::<ApprovalResolve>("ApprovalResolveParams", None, resolve_any),
        sample::<ApprovalHistory>("ApprovalHistoryParams", None, history),
        sample::<QuestionsList>("QuestionListParams", None, NoParams {}),
        sample::<QuestionGet>(
            "QuestionGetParams",
            None,
            QuestionIdParams { id: "q".into() },
        ),
        sample::<QuestionResolve>("QuestionResolveParams", None, answered),
        sample::<QuestionResolve>("QuestionResolveParams", None, cancelled),
    ]
}

fn pairing() -> Vec<Sample> {
    let request = || PairRequestParams {
        request_id: "r".into(),
    };
    let token = || DeviceTokenParams {
        device_id: "d".into(),
        role: "operator".into(),
    };
    let old_request: Option<&[&str]> = Some(&["requestId"]);
    let old_token: Option<&[&str]> = Some(&["deviceId", "role", "scopes"]);
    vec![
        sample::<DevicePairsList>("DevicePairListParams", Some(&[]), NoParams {}),
        sample::<DevicePairApprove>("DevicePairApproveParams", old_request, request()),
        sample::<DevicePairReject>("DevicePairRejectParams", old_request, request()),
        sample::<NodePairsList>("NodePairListParams", Some(&[]), NoParams {}),
        sample::<NodePairApprove>("NodePairApproveParams", old_request, request()),
        sample::<NodePairReject>("NodePairRejectParams", old_request, request()),
        sample::<DeviceTokenRotate>("DeviceTokenRotateParams", old_token, token()),
        sample::<DeviceTokenRevoke>("DeviceTokenRevokeParams", old_token, token()),
    ]
}
