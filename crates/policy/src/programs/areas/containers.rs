//! Containers: looked at, started, entered. What of this machine they are given decides.

use crate::effect::{EffectKind, Zone};
use crate::place::{Access, Guard, is_critical, locate, normalise};
use crate::programs::network::reaches;
use crate::programs::options::{Parsed, without};
use crate::programs::reader::Reader;
use crate::programs::table::{
    Act, Grammar, NETWORK, Opt, Program, READ, TEXT, WRITE, flag, flags, joined, program, value,
};
use crate::verdict::Verdict;
use crate::word::Word;

const ESCAPE: Act = Act::Deny(
    "container-escape",
    "The container gets rights over this machine.",
);
const LOOSE: Act = Act::Ask(
    "container-loose",
    "The container is less shut in than usual.",
);
const CONTAINERS: &str = "containers";

#[rustfmt::skip]
const RUN: &[Opt] = &[
    value("-v --volume --mount --volumes-from", TEXT), flag("--privileged", ESCAPE), value("--pid --ipc --userns --cgroupns --uts", TEXT), value("--network --net", TEXT), value("--cap-add", TEXT), value("--security-opt", TEXT), value("--device", LOOSE), value("--device-cgroup-rule --gpus", LOOSE),
    value("--env-file --label-file", READ), value("--cidfile --iidfile --metadata-file", WRITE), value("--entrypoint", TEXT), value("--add-host --dns --link", LOOSE),
    value("-e --env -p --publish -w --workdir -u --user --name -h --hostname -l --label --restart --memory -m --cpus -c --cpu-shares --platform --tmpfs --ulimit --shm-size --log-driver --log-opt --stop-timeout --pull --runtime --expose --group-add --ip --mac-address --network-alias --stop-signal -a --attach --detach-keys --oom-score-adj --pids-limit --storage-opt --sysctl --init-path --isolation --cpuset-cpus --cpuset-mems --memory-swap --index --profile --annotation --cgroup-parent", TEXT), value("--health-cmd", TEXT),
    flags("-d --detach -i --interactive -t --tty --rm --init --read-only -P --publish-all --no-healthcheck --oom-kill-disable --sig-proxy -q --quiet -T --no-deps --service-ports --build --use-aliases --no-TTY --remove-orphans --quiet-pull --disable-content-trust"), joined("--systemd", TEXT),
];

#[rustfmt::skip]
static DOCKER: &[Program] = &[
    program("inspect").options(TEMPLATE).also(inspects),
    program("ps images ls logs stats top version info port history diff events wait search manifest").also(formats),
    program("container").grammar(Grammar::Stops).subs(&[program("inspect").options(TEMPLATE).also(inspects), program("ls list ps logs stats top port diff wait").also(formats), program("run create").shared(RUN).grammar(Grammar::Stops).strict().asks(EffectKind::System, CONTAINERS, "starts a container").also(run), program("exec").shared(RUN).grammar(Grammar::Stops).asks(EffectKind::System, CONTAINERS, "runs a command in a container").also(exec),
        program("rm start stop restart kill pause unpause rename update prune commit export attach cp").asks(EffectKind::System, CONTAINERS, "changes containers")]),
    program("image").grammar(Grammar::Stops).subs(&[program("ls list inspect history").also(formats), program("build").asks(EffectKind::System, CONTAINERS, "builds an image"), program("rm prune pull push tag load import save").asks(EffectKind::System, CONTAINERS, "changes images").also(images)]),
    program("volume network").grammar(Grammar::Stops).subs(&[program("ls list inspect").also(formats), program("create rm remove prune connect disconnect update").asks(EffectKind::System, CONTAINERS, "changes volumes or networks")]),
    program("system builder buildx context plugin trust secret config service stack node swarm checkpoint machine pod generate play kube scout desktop model mcp sandbox extension init dev").grammar(Grammar::Stops).subs(&[
        program("df info events ls list inspect show ps version du").also(formats), program("prune rm remove reset use create build bake connection install enable disable deploy up down join leave update scale init start stop ssh pull push set").asks(EffectKind::System, CONTAINERS, "changes containers, images or how they are run"),
    ]),
    program("compose").grammar(Grammar::Stops).options(COMPOSE).subs(COMPOSES),
    program("run create").shared(RUN).grammar(Grammar::Stops).strict().asks(EffectKind::System, CONTAINERS, "starts a container").also(run),
    program("exec").shared(RUN).grammar(Grammar::Stops).asks(EffectKind::System, CONTAINERS, "runs a command in a container").also(exec),
    program("build buildx-build bake").options(&[value("-f --file", READ), value("-t --tag --build-arg --target --platform --progress --label --network --cache-from --cache-to --builder", TEXT), value("-o --output --iidfile --metadata-file", TEXT), flags("--no-cache --pull -q --load --push --rm --squash"), value("--secret --ssh", Act::Ask("container-secret", "The build is handed what authenticates a person.")), value("--allow", ESCAPE)])
        .asks(EffectKind::System, CONTAINERS, "builds an image, which runs what its file says"),
    program("cp").asks(EffectKind::System, CONTAINERS, "copies to or from a container").also(|parsed, reader| if let [from, to] = parsed.operands.as_slice() {
        match copied_from(from) {
            Some(inside) => read_elsewhere(reader, inside),
            None => { reader.touch(from, Access::ReadAll); }
        }
        if !to.prefix().contains(':') { reader.touch(to, Access::Write); }
    }),
    program("rm rmi start stop restart kill pause unpause rename update commit tag load import attach pull mount umount cleanup restore").asks(EffectKind::System, CONTAINERS, "changes containers or images").also(images),
    program("unshare").grammar(Grammar::Stops).asks(EffectKind::System, CONTAINERS, "runs a command as the owner of containers").options(&[flags("--rootless-netns")]).operands(crate::programs::table::Operands::Command(0)),
    program("save export").asks(EffectKind::System, CONTAINERS, "writes out an image or a container").options(&[value("-o --output", WRITE)]),
    program("push login logout").asks(EffectKind::Remote, "publish", "publishes an image or logs in").io(NETWORK).also(login),
    program("prune").asks(EffectKind::Delete, CONTAINERS, "deletes what is not in use"),
];

const COMPOSE: &[Opt] = &[
    value("-f --file --env-file --project-directory", READ),
    value(
        "-p --project-name --profile --ansi --progress --parallel",
        TEXT,
    ),
    flags("--compatibility --dry-run --all-resources -v --version"),
];

#[rustfmt::skip]
static COMPOSES: &[Program] = &[
    program("config convert").options(&[
        flag("-q --quiet --services --images --volumes --profiles --networks --hash", TEXT), flag("--environment --variables", TEXT), value("-o --output", WRITE), value("--format", TEXT),
    ]).also(configuration),
    program("ps logs ls images top version port events stats volumes").also(formats),
    program("run").shared(RUN).grammar(Grammar::Stops).asks(EffectKind::System, CONTAINERS, "starts a container").also(run), program("exec").shared(RUN).grammar(Grammar::Stops).asks(EffectKind::System, CONTAINERS, "runs a command in a container").also(exec),
    program("up down start stop restart build pull push create rm kill pause unpause cp attach watch scale wait publish commit export").asks(EffectKind::System, CONTAINERS, "starts, stops or deletes containers"),
];

#[rustfmt::skip]
pub(super) static PROGRAMS: &[Program] = &[
    program("docker podman nerdctl docker.exe finch lima").grammar(Grammar::Stops).options(&[
        value("-H --host --url", Act::Ask("other-machine", "It works on the containers of another machine.")), value("-c --context --connection", Act::Ask("other-machine", "It works on the containers of another machine.")), value("--config --tlscacert --tlscert --tlskey", Act::Ask("other-configuration", "Its configuration comes from elsewhere.")), value("-l --log-level -n --namespace", TEXT), flags("-D --debug --tls --tlsverify -v --version --help --remote"),
    ]).subs(DOCKER),
    program("docker-compose podman-compose").options(COMPOSE).subs(COMPOSES),
    program("ctr crictl buildah skopeo lxc lxc-attach lxc-start incus runc crun containerd dockerd virsh qemu-system-x86_64 multipass limactl colima vboxmanage VBoxManage vmrun prlctl utmctl kata-runtime firecracker cloud-hypervisor devcontainer apptainer singularity machinectl distrobox toolbox dive cosign crane oras")
        .asks(EffectKind::System, CONTAINERS, "changes containers or machines"),
    program("qemu-img").grammar(Grammar::Plain).asks(EffectKind::System, CONTAINERS, "changes containers or machines").also(disk_image),
];

/// `qemu-img convert -O raw FILE OUT`, `qemu-img dd if=FILE of=OUT`: what is written is the last, or named so.
fn disk_image(parsed: &Parsed, reader: &mut Reader<'_>) {
    for word in &parsed.operands {
        if word.prefix().starts_with("of=") {
            reader.touch(&without(word, "of=".len()), Access::Write);
        }
    }
    let writes = matches!(
        parsed.operand(0),
        Some(
            "convert" | "create" | "resize" | "commit" | "amend" | "rebase" | "snapshot" | "bitmap"
        )
    );
    let paths = parsed.operands.iter().skip(1);
    for path in paths.filter(|word| writes && !word.prefix().starts_with('-')) {
        let read = parsed.operand(0) == Some("convert") && parsed.operands.last() != Some(path);
        if !read {
            reader.touch(path, Access::Write);
        }
    }
}

const TEMPLATE: &[Opt] = &[
    value("-f --format", TEXT),
    value("--type", TEXT),
    flags("-s --size -l --latest"),
];

/// What a container is told of itself that is no variable of it.
#[rustfmt::skip]
const TOLD: &[&str] = &[
    "State", "Name", "Id", "Image", "Created", "RestartCount", "NetworkSettings", "Mounts", "Platform", "SizeRw", "SizeRootFs", "LogPath",
    "Driver", "RepoTags", "Architecture", "Os", "Size",
];

/// A container's description holds its environment, unless a template chooses something else of it.
fn inspects(parsed: &Parsed, reader: &mut Reader<'_>) {
    let plain = parsed
        .value("-f")
        .and_then(Word::known)
        .is_some_and(is_told);
    if !plain {
        environment(reader);
    }
}

fn is_told(template: &str) -> bool {
    let fields = |part: &str| {
        let code = part.split("}}").next().unwrap_or(part);
        !code.contains(['$', '(', '|'])
            && code
                .split_ascii_whitespace()
                .all(|word| match word.strip_prefix('.') {
                    Some(path) => TOLD.contains(&path.split('.').next().unwrap_or(path)),
                    None => word == "json",
                })
    };
    template.split("{{").skip(1).all(fields)
}

/// The configuration with its variables put in.
fn configuration(parsed: &Parsed, reader: &mut Reader<'_>) {
    if parsed.has("--environment") || !parsed.has("-q") {
        environment(reader);
    }
}

fn environment(reader: &mut Reader<'_>) {
    reader.out.io.emits_secret = true;
    reader.ask(
        "print-environment",
        "It prints the variables of a container, credentials among them.",
    );
}

/// `--format` is a template, and shows nothing that the command does not.
fn formats(_: &Parsed, _: &mut Reader<'_>) {}

/// An image whose name begins with a machine comes from there or goes there: `registry.example.com/app:1`.
fn image(word: &Word, reader: &mut Reader<'_>) {
    let text = word.prefix();
    let machine = |host: &&str| host.contains(['.', ':']) || *host == "localhost";
    if let Some(host) = text.split_once('/').map(|(host, _)| host).filter(machine) {
        reaches(reader, host);
    }
}

fn images(parsed: &Parsed, reader: &mut Reader<'_>) {
    parsed.operands.iter().for_each(|word| image(word, reader));
}

fn login(parsed: &Parsed, reader: &mut Reader<'_>) {
    images(parsed, reader);
    if let Some(host) = parsed.operand(0).filter(|host| host.contains('.')) {
        reaches(reader, host);
    }
}

fn run(parsed: &Parsed, reader: &mut Reader<'_>) {
    // What an image writes nobody has seen.
    reader.out.io.emits_network = true;
    if let Some(word) = parsed.operands.first() {
        image(word, reader);
    }
    for word in parsed.values("-v") {
        volume(reader, word);
    }
    for word in parsed.values("--device") {
        device(reader, word);
    }
    for word in parsed.values("--pid") {
        if word.known().is_none_or(|text| text == "host") {
            reader.deny(
                "container-escape",
                "The container sees the processes of this machine.",
            );
        }
    }
    for word in parsed.values("--network") {
        if word
            .known()
            .is_none_or(|text| text == "host" || text.starts_with("container:"))
        {
            reader.ask(
                "container-loose",
                "The container uses the network of this machine.",
            );
        }
    }
    for word in parsed.values("--cap-add") {
        let name = word.known().unwrap_or("ALL").to_ascii_uppercase();
        let strong = [
            "ALL",
            "SYS_ADMIN",
            "SYS_PTRACE",
            "SYS_MODULE",
            "SYS_RAWIO",
            "DAC_READ_SEARCH",
            "DAC_OVERRIDE",
            "NET_ADMIN",
            "BPF",
            "SYS_CHROOT",
        ];
        let verdict = if strong.contains(&name.trim_start_matches("CAP_")) {
            Verdict::Deny
        } else {
            Verdict::Ask
        };
        reader.find(
            verdict,
            "container-escape",
            format!("The container gets the right {name} over this machine."),
        );
    }
    for word in parsed.values("--security-opt") {
        if word.known().is_none_or(|text| {
            text.contains("unconfined") || text.contains("disable") || text.contains("systempaths")
        }) {
            reader.deny(
                "container-escape",
                "The container is let out of what shuts it in.",
            );
        }
    }
    if let Some((_, command)) = parsed.operands.split_first() {
        inside(parsed, reader, command);
    }
}

/// Disks and memory, by how their nodes below `/dev` begin.
#[rustfmt::skip]
const DISKS: &[&str] = &[
    "sd", "hd", "vd", "xvd", "nvme", "mmcblk", "md", "dm-", "loop", "mapper", "disk", "mem", "kmem", "port", "rdisk",
];

/// `--device FROM:TO:RIGHTS`
fn device(reader: &mut Reader<'_>, word: &Word) {
    let text = word.prefix().trim_start_matches('=');
    let from = text.split(':').next().unwrap_or_default();
    let path = normalise(from, reader.cwd()).unwrap_or_default();
    let node = path.strip_prefix("/dev/").unwrap_or_default();
    if DISKS.iter().any(|disk| node.starts_with(disk)) {
        reader.find(
            Verdict::Deny,
            "device-write",
            format!("The container gets {path}, a disk or the memory of this machine as it is."),
        );
    }
}

/// The path of `CONTAINER:PATH`.
pub(super) fn copied_from(word: &Word) -> Option<Word> {
    let at = word.prefix().find(':')?;
    Some(without(word, at + 1))
}

/// What is copied out of another place is read there.
pub(super) fn read_elsewhere(reader: &mut Reader<'_>, path: Word) {
    reader.command(&[Word::from("cat"), path], false, None, true);
}

/// What is run in the container; an entry point comes before it.
fn inside(parsed: &Parsed, reader: &mut Reader<'_>, command: &[Word]) {
    let mut argv: Vec<Word> = parsed.value("--entrypoint").cloned().into_iter().collect();
    argv.extend_from_slice(command);
    reader.command(&argv, false, parsed.value("-w").cloned(), true);
}

fn exec(parsed: &Parsed, reader: &mut Reader<'_>) {
    if let Some((_, command)) = parsed.operands.split_first() {
        reader.command(command, false, parsed.value("-w").cloned(), true);
    }
}

/// `-v FROM:TO`, `--mount type=bind,source=FROM,target=TO`.
fn volume(reader: &mut Reader<'_>, word: &Word) {
    // `-v=FROM:TO` is `-v FROM:TO` here.
    let word = &if word.prefix().starts_with('=') {
        without(word, 1)
    } else {
        word.clone()
    };
    let text = word.prefix();
    if let Some(known) = word
        .known()
        .filter(|text| text.contains('=') && text.contains(','))
    {
        for part in known.split(',') {
            if let Some(path) = part
                .strip_prefix("source=")
                .or_else(|| part.strip_prefix("src="))
            {
                bound(reader, &Word::from(path));
            }
        }
        return;
    }
    let from = match word.known() {
        Some(text) => Word::from(text.split(':').next().unwrap_or("")),
        None if text.contains(':') => Word::from(text.split(':').next().unwrap_or("")),
        None => without(word, 0),
    };
    bound(reader, &from);
}

fn bound(reader: &mut Reader<'_>, from: &Word) {
    let Some(text) = from.known() else {
        return reader.ask(
            "container-mount",
            "Which folder of this machine the container gets is only known when it runs.",
        );
    };
    if !text.starts_with(['/', '.', '~']) {
        // A volume with a name.
        return;
    }
    let Some(place) = locate(text, reader.cwd(), reader.world) else {
        return reader.ask(
            "container-mount",
            "Which folder of this machine the container gets is not known.",
        );
    };
    let path = &place.path;
    let socket = path.ends_with(".sock");
    if socket
        || is_critical(path, reader.world)
        || matches!(place.zone, Zone::Device) && !path.starts_with("/dev/shm")
    {
        reader.find(
            Verdict::Deny,
            "container-escape",
            format!("The container gets {path} of this machine, and with it the machine."),
        );
    } else if place.secret == Some(Verdict::Deny)
        || matches!(place.guard, Some(Guard::Protected | Guard::Own))
    {
        reader.find(
            Verdict::Deny,
            "container-escape",
            format!("The container gets {path}, which decides who may do what."),
        );
    } else if !matches!(place.zone, Zone::Workspace | Zone::Tmp) {
        reader.find(
            Verdict::Ask,
            "container-mount",
            format!("The container gets {path}, outside of the workspace."),
        );
    }
    reader.touch(from, Access::ReadAll);
}
