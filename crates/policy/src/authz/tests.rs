//! Who may do what.

use super::*;
use crate::effect::Zone;
use crate::verdict::Verdict::{self, Allow, Ask, Deny};

fn agent(authz: &Authz, right: Right, resource: &Resource<'_>) -> Access {
    let rights = AgentRights {
        role: Role::Admin,
        ..AgentRights::default()
    };
    let principal = Principal::Agent {
        id: "main",
        rights: &rights,
    };
    authz.ask(&Asking::new(principal, &Call::default()), right, resource)
}

fn with(roles: &str) -> Authz {
    Authz::load(roles)
        .unwrap_or_else(|problems| panic!("{problems:#?}"))
        .0
}

fn person(role: Option<Role>) -> Person {
    Person {
        id: "phone".to_owned(),
        role,
    }
}

const APPROVAL: Resource<'static> = Resource::Approval {
    id: "1",
    agent: "main",
    requested_by: None,
};

#[test]
fn an_agent_never_holds_approvals_whatever_the_policies_say() {
    let authz = with("permit (principal, action, resource);");
    for right in Right::ALL
        .into_iter()
        .filter(|right| right.is_for_people_only())
    {
        let resource = match right {
            Right::ApprovalRead | Right::ApprovalDecide => APPROVAL,
            _ => Resource::Gateway,
        };
        assert_eq!(agent(&authz, right, &resource).verdict, Deny, "{right:?}");
        assert_eq!(
            authz.person(&person(None), right, &resource).verdict,
            Allow,
            "{right:?}, a person"
        );
    }
}

#[test]
fn the_core_forbids_it_without_the_check_in_code() {
    use cedar_policy::{Authorizer, Decision, Entities, Request};
    let authz = with("permit (principal, action, resource);");
    let rights = AgentRights {
        role: Role::Admin,
        ..AgentRights::default()
    };
    let principal = Principal::Agent {
        id: "main",
        rights: &rights,
    };
    let request = Request::new(
        principal.uid(),
        entities::action(Right::ApprovalDecide),
        APPROVAL.uid(),
        Call::default().context().unwrap(),
        None,
    )
    .unwrap();
    let entities = [principal.entity().unwrap(), APPROVAL.entity().unwrap()];
    let entities = Entities::from_entities(entities, None).unwrap();
    let slice = authz.slice(Right::ApprovalDecide).unwrap();
    let response = Authorizer::new().is_authorized(&request, slice, &entities);
    assert_eq!(response.decision(), Decision::Deny);
}

#[test]
fn nobody_answers_their_own_question() {
    let authz = with(DEFAULT_ROLES);
    let asked_by = |requested_by| Resource::Approval {
        id: "1",
        agent: "main",
        requested_by,
    };
    let answer = |resource| {
        authz
            .person(&person(Some(Role::Admin)), Right::ApprovalDecide, &resource)
            .verdict
    };
    assert_eq!(answer(asked_by(None)), Allow);
    assert_eq!(answer(asked_by(Some("tablet"))), Allow);
    assert_eq!(answer(asked_by(Some("phone"))), Deny);
}

#[test]
fn a_forbid_that_errs_denies() {
    // The largest number overflows, which is an error and no answer.
    let authz = with(
        "permit (principal, action, resource);\n\
         @id(\"broken\") forbid (principal, action == Action::\"host.connect\", resource)\n\
         when { 9223372036854775807 + 1 == 0 };",
    );
    let access = agent(
        &authz,
        Right::HostConnect,
        &Resource::Host { name: "a.test" },
    );
    assert_eq!(access.verdict, Deny);
    assert!(
        access.reasons[0].text.contains("could not be evaluated"),
        "{access:?}"
    );
    let session = Resource::Session {
        key: "s",
        agent: "main",
    };
    assert_eq!(
        agent(&authz, Right::SessionRead, &session).verdict,
        Allow,
        "it is in no other slice"
    );
}

#[test]
fn a_permit_that_wants_an_approval_asks_even_beside_one_that_does_not() {
    let authz = with(
        "permit (principal, action, resource);\n\
         @require_approval(\"it is far away\") permit (principal, action == Action::\"host.connect\", resource)\n\
         when { resource.name like \"*.far.test\" };",
    );
    let connect = |name| agent(&authz, Right::HostConnect, &Resource::Host { name });
    assert_eq!(connect("near.test").verdict, Allow);
    let far = connect("very.far.test");
    assert_eq!(
        (far.verdict, far.reasons[0].text.as_str()),
        (Ask, "it is far away")
    );
}

#[test]
fn a_name_that_is_there_twice_or_is_ours_hides_no_policy() {
    let authz = with(
        "@id(\"x\") permit (principal, action, resource);\n\
         @id(\"x\") forbid (principal, action == Action::\"tool.call\", resource);\n\
         @id(\"core.0\") permit (principal, action == Action::\"approval.decide\", resource);",
    );
    let tool = Resource::Tool {
        name: "t",
        server: None,
        reads_only: true,
        runs: false,
    };
    assert_eq!(agent(&authz, Right::ToolCall, &tool).verdict, Deny);
    assert_eq!(
        agent(&authz, Right::ApprovalDecide, &APPROVAL).verdict,
        Deny
    );
}

#[test]
fn people_may_do_what_their_role_says() {
    let authz = with(DEFAULT_ROLES);
    let table: [(Right, Resource<'_>, [Verdict; 5]); 6] = [
        (Right::AuditRead, Resource::Gateway, [Allow; 5]),
        (
            Right::SessionWrite,
            Resource::Session {
                key: "s",
                agent: "a",
            },
            [Deny, Allow, Allow, Allow, Allow],
        ),
        (
            Right::ApprovalDecide,
            APPROVAL,
            [Deny, Deny, Allow, Allow, Allow],
        ),
        (
            Right::PolicyChange,
            Resource::Gateway,
            [Deny, Deny, Deny, Deny, Allow],
        ),
        (
            Right::CredentialManage,
            Resource::Gateway,
            [Deny, Deny, Deny, Deny, Allow],
        ),
        (
            Right::CredentialUse,
            Resource::Credential {
                name: "c",
                kind: "api_key",
                bound: true,
            },
            [Deny, Deny, Deny, Allow, Allow],
        ),
    ];
    for (right, resource, wanted) in table {
        let found =
            Role::ALL.map(|role| authz.person(&person(Some(role)), right, &resource).verdict);
        assert_eq!(found, wanted, "{right:?}");
        assert_eq!(
            authz.person(&person(None), right, &resource).verdict,
            Deny,
            "{right:?}, no role"
        );
    }
}

#[test]
fn roles_with_mistakes_are_refused_with_their_line() {
    for (roles, line, part) in [
        ("permit (principal, action, resource)", 1, "unexpected end"),
        (
            "\n\npermit (principal, action == Action::\"tool.cal\", resource);",
            3,
            "tool.cal",
        ),
        (
            "permit (principal is Agent, action == Action::\"tool.call\", resource)\nwhen { principal.scope };",
            2,
            "scope",
        ),
        (
            "permit (principal == ?principal, action, resource);",
            1,
            "template",
        ),
        (
            "permit (principal, action, resource)\n\nwhen { context.agent == 1 };",
            3,
            "",
        ),
    ] {
        let problems = Authz::load(roles).map(|_| ()).expect_err(roles);
        let problem = &problems[0];
        assert!(problem.is_error() && problem.path == "roles");
        assert_eq!(problem.line, line, "{roles}: {problem}");
        assert!(problem.message.contains(part), "{roles}: {problem}");
    }
}

#[test]
fn the_roles_that_come_with_it_are_in_order() {
    let (_, warnings) = Authz::load(DEFAULT_ROLES).unwrap();
    assert_eq!(warnings, []);
    for core in [CORE, DEFAULT_ROLES] {
        assert!(Authz::load(core).is_ok());
    }
}

#[test]
fn without_a_policy_nothing_is_permitted() {
    let access = agent(
        &with("// none"),
        Right::HostConnect,
        &Resource::Host { name: "a.test" },
    );
    assert_eq!(access.verdict, Deny);
    assert_eq!(access.reasons[0].text, "no policy permits host.connect");
}

#[test]
fn an_answer_about_one_path_or_agent_is_not_given_about_another() {
    let path = |path| Resource::Path {
        path,
        zone: Zone::Home,
        secret: false,
        below: false,
        workspace: None,
    };
    for condition in [
        "resource.path like \"/home/dev/open/*\"",
        "!(resource.path == \"/home/dev/shut/a\")",
        "resource == Path::\"/home/dev/open/a\"",
        "if resource.secret then false else resource.path != \"/home/dev/shut/a\"",
    ] {
        let roles = format!(
            "permit (principal, action == Action::\"path.write\", resource) when {{ {condition} }};"
        );
        let authz = with(&roles);
        for _ in 0..2 {
            let ask = |at| agent(&authz, Right::PathWrite, &path(at)).verdict;
            assert_eq!(ask("/home/dev/open/a"), Allow, "{condition}");
            assert_eq!(ask("/home/dev/shut/a"), Deny, "{condition}");
        }
    }
    let authz = with("permit (principal == Agent::\"main\", action, resource);");
    let other = |id, scopes: &[AgentScope]| {
        let rights = AgentRights {
            role: Role::Developer,
            scopes: scopes.iter().copied().collect(),
        };
        let call = Call::default();
        let principal = Principal::Agent {
            id,
            rights: &rights,
        };
        authz
            .ask(
                &Asking::new(principal, &call),
                Right::PathWrite,
                &path("/a"),
            )
            .verdict
    };
    assert_eq!((other("main", &[]), other("other", &[])), (Allow, Deny));
    let authz = Authz::load(DEFAULT_ROLES).unwrap().0;
    let may = |scopes: &[AgentScope]| {
        let rights = AgentRights {
            role: Role::Developer,
            scopes: scopes.iter().copied().collect(),
        };
        let principal = Principal::Agent {
            id: "main",
            rights: &rights,
        };
        let call = Call::default();
        authz
            .ask(
                &Asking::new(principal, &call),
                Right::PathWrite,
                &path("/a"),
            )
            .verdict
    };
    assert_eq!(may(&[AgentScope::Write]), Allow);
    assert_eq!(may(&[AgentScope::Read]), Deny);
}

#[test]
fn an_empty_text_of_roles_is_a_mistake_and_a_comment_says_that_it_is_meant() {
    for empty in ["", " \n"] {
        let problems = Authz::load(empty).unwrap_err();
        assert!(problems[0].message.contains("is empty"), "{problems:?}");
    }
    let nobody = with("// nobody may do anything");
    let verdict = agent(&nobody, Right::ApprovalRead, &APPROVAL).verdict;
    assert_eq!(verdict, Deny);
}

#[test]
fn what_is_forbidden_to_people_and_never_asked_about_them_is_warned_about() {
    let told = |policy: &str| Authz::load(policy).unwrap().1;
    for (policy, warned) in [
        (
            "forbid (principal is User, action == Action::\"session.write\", resource);",
            true,
        ),
        (
            "forbid (principal is User in Role::\"observer\", action in [Action::\"policy.read\", \
             Action::\"tool.call\"], resource);",
            true,
        ),
        (
            "forbid (principal == User::\"device:a\", action == Action::\"path.read\", resource);",
            true,
        ),
        (
            "forbid (principal is User, action == Action::\"policy.read\", resource);",
            false,
        ),
        ("forbid (principal is User, action, resource);", false),
        (
            "forbid (principal is Agent, action == Action::\"tool.call\", resource);",
            false,
        ),
    ] {
        let told = told(policy);
        let asked_of_agents = told
            .iter()
            .any(|told| told.message.contains("agents alone"));
        assert_eq!(asked_of_agents, warned, "{policy}: {told:?}");
    }
    assert!(told(DEFAULT_ROLES).is_empty());
}

#[test]
fn the_same_question_about_another_approval_is_answered_for_itself() {
    let roles = "permit (principal, action, resource); \
                 forbid (principal, action == Action::\"approval.decide\", resource == Approval::\"2\");";
    let authz = with(roles);
    let ask = |id| {
        let approval = Resource::Approval {
            id,
            agent: "main",
            requested_by: None,
        };
        let person = person(None);
        authz
            .person(&person, Right::ApprovalDecide, &approval)
            .verdict
    };
    assert_eq!([ask("1"), ask("2"), ask("1")], [Allow, Deny, Allow]);
}
