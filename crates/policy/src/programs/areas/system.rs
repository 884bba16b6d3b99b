//! The machine itself: processes, services, users, networks, schedules, power.

mod beside;
mod services;

pub(in crate::programs) use services::{attaches, is_ours, names_a_port};

use crate::effect::{EffectKind, Target, Zone};
use crate::place::Access;
use crate::programs::network::reaches;
use crate::programs::options::Parsed;
use crate::programs::reader::{Reader, shown_word};
use crate::programs::table::{
    Act, Grammar, Program, READ, SECRET, TEXT, WRITE, flag, flags, program, value,
};
use crate::verdict::Verdict;
use crate::word::Word;
use beside::beside;
use services::{controls, crontab, kill, kill_by_name, service, systemctl};

const SERVICE: &str = "service";
const PERSIST: &str = "persistence";
const USERS: &str = "users";
const SECURITY: &str = "disables-security";
const POWER: &str = "power";
const STATE: &str = "system-state";

#[rustfmt::skip]
pub(super) static PROGRAMS: &[Program] = &[
    program("uname nproc uptime free vmstat iostat mpstat sar lscpu lsusb lspci lshw lsmod lsns lsipc lslocks sw_vers system_profiler sysinfo neofetch fastfetch screenfetch getconf locale tty id groups whoami logname users who w finger last lastlog lastb \
             top htop btop atop glances iotop nvidia-smi sensors acpi pstree pmap pidof pgrep pwdx procs duf dust ncdu numastat tput clear reset stty setterm infocmp toe dircolors where jo uuidgen uuid ldd ts errno ascii manpath lsof ss netstat ifstat ipcs sestatus getenforce vm_stat ioreg hostid zdump tzselect base-info")
        .also(looks),
    program("ps").grammar(Grammar::Plain).also(ps),
    program("man info pinfo").strict().options(&[
        value("-P --pager", Act::Deny("helper-program", "It runs a program that is named by an option.")), value("-H --html -B --browser", Act::Deny("helper-program", "It runs a program that is named by an option.")), value("-M --manpath -C --config-file", Act::Ask("other-configuration", "Pages or options come from elsewhere.")),
        value("-s -S --sections -L --locale -m --systems -e --extension -E --encoding -r --prompt -R -p --preprocessor", TEXT), value("-l", READ), flags("-k -f -a -w -W -K -i -I -t -T -Z -X -d -D -u -c -7 --all --where --path --local-file --whatis --apropos --names-only --regex --wildcard --no-subpages --version --help"),
    ]).also(pages),
    program("kill").grammar(Grammar::Plain).also(kill),
    program("pkill killall skill killall5 xkill fkill kill-port").also(kill_by_name),
    program("fuser").options(&[flag("-k --kill", Act::Ask("signal", "It kills whatever uses a file or a port.")), flags("-v -m -n -a -s -u -i -l")]).also(services::frees),
    program("renice snice taskpolicy").asks(EffectKind::Signal, "priority", "changes the priority of processes"),
    program("systemctl").grammar(Grammar::Gnu).options(&[
        value("-t --type --state -p --property -P -n --lines -o --output -s --signal --kill-whom --job-mode --root --image --what --timestamp", TEXT), value("-H --host -M --machine", Act::Ask("other-machine", "It works on another machine.")), flags("--user --system -a --all --no-pager -q --quiet -l --full --no-legend --plain --failed --no-block --now -f --force -r --runtime --global --no-reload --value --wait --version -h --help --show-types --no-wall"),
    ]).also(systemctl),
    program("service rc-service rc-update initctl chkconfig update-rc.d insserv sysv-rc-conf invoke-rc.d s6-rc dinitctl").also(service),
    program("journalctl").options(&[flag("--vacuum-size --vacuum-time --vacuum-files --rotate --flush --sync --setup-keys --relinquish-var", TEXT), value("-u --unit -n --lines -S --since -U --until -p --priority -o --output -g --grep -b --boot -t --identifier --user-unit --facility -c --cursor -F --field", TEXT), value("--file -D --directory --root", READ), flags("-f -r -e -x -k -q -a --no-pager --user --system --list-boots --disk-usage --no-tail -m --no-hostname --utc")]).also(|parsed, reader| if parsed.has("--rotate") { reader.deny("erase-evidence", "It deletes or rotates the record of what was done."); }),
    program("loginctl hostnamectl timedatectl localectl bootctl busctl coredumpctl networkctl systemd-analyze systemd-cgls systemd-cgtop systemd-detect-virt systemd-path systemd-escape systemd-id128 userdbctl homectl portablectl oomctl udevadm gsettings dconf gdbus dbus-send qdbus kwriteconfig5 xfconf-query pw-cli wpctl pactl amixer brightnessctl xset xrandr setxkbmap xdotool ydotool wtype xinput wmctrl swaymsg hyprctl i3-msg gnome-extensions plasmashell notify-send osd_cat zenity kdialog")
        .also(controls),
    program("crontab fcrontab").also(crontab),
    program("anacron crond cron incrontab fcron systemd-cron launchd").denies(EffectKind::System, PERSIST, "runs jobs later, when nobody looks"),
    program("useradd adduser userdel deluser usermod groupadd addgroup groupdel delgroup groupmod gpasswd passwd chpasswd chage vipw vigr newusers visudo chsh chfn pwconv grpconv faillock dscl sysadminctl dseditgroup pwpolicy smbpasswd htpasswd-sys kadmin realm adcli faillog authconfig authselect pam-auth-update")
        .also(users),
    program("iptables ip6tables iptables-restore ip6tables-restore nft ufw firewall-cmd ebtables arptables ipset pfctl socketfilterfw ipfw shorewall csf fail2ban-client tc").also(firewall),
    program("setenforce setsebool semanage semodule restorecon chcon aa-disable aa-complain aa-teardown aa-enforce apparmor_parser csrutil spctl fdesetup auditctl augenrules auditd rsyslogd syslogd logrotate kextload kextunload systemextensionsctl tccutil nvram bless profiles mdmclient")
        .denies(EffectKind::System, SECURITY, "changes what protects this machine or records what is done"),
    program("shutdown reboot halt poweroff init telinit runlevel-set pm-suspend rtcwake zzz").denies(EffectKind::System, POWER, "stops or restarts this machine"),
    program("modprobe insmod rmmod kmod dkms depmod kexec kexec-load grub-install update-grub grub-mkconfig grub2-mkconfig mkinitcpio dracut update-initramfs efibootmgr mokutil fwupdmgr flashrom setpci ldconfig mkinitramfs")
        .denies(EffectKind::System, STATE, "changes the kernel or how this machine starts"),
    program("sysctl").options(&[flag("-w --write -p --load --system", TEXT), flags("-a --all -n --values -e -q -b -N -A -X -r")]).also(sysctl),
    program("ip ifconfig route arp iwconfig iw nmcli ethtool brctl bridge ovs-vsctl networksetup scutil ipconfig dhclient dhcpcd wpa_supplicant wpa_cli hostname domainname nmtui macchanger ifup ifdown").also(network_state),
    program("dmesg").options(&[flag("-C --clear -c --read-clear -D -E -n", Act::Deny("erase-evidence", "It clears the record of the kernel.")), flags("-H -T -w -k -u -L -e -x -r -t --human --ctime --follow")]),
    program("hwclock ntpdate chronyc ntpd timedatectl-set systemsetup").asks(EffectKind::System, STATE, "changes the clock or settings of this machine"),
    program("wall").asks(EffectKind::System, STATE, "writes to others who are logged in").options(&[value("-g --group -t --timeout", TEXT), flags("-n --nobanner")]).also(|parsed, reader| if let [file] = parsed.operands.as_slice() { reader.touch(file, Access::Read); }),
    program("write mesg talk").asks(EffectKind::System, STATE, "writes to others who are logged in"),
    program("gdb lldb cgdb gdbserver debugserver rust-gdb rust-lldb delve dlv pdb jdb").grammar(Grammar::Stops).strict().options(&[
        value("-ex -iex --eval-command --init-eval-command -x --command -o --one-line -s --source -S -O -k", Act::Ask("inline-code", "It runs commands that are given in an argument.")), value("-p --pid --attach", Act::Ask("attach", "It looks into another process.")), flags("-q -batch -nx -n --batch --quiet --args -nh --version --tui"), value("--core -c --directory -d", READ),
    ]).asks(EffectKind::Execute, "debugger", "runs a program under a debugger, which can run anything").also(debugger),
    program("gcore procdump jmap jstack jcmd py-spy rbspy reptyr ptrace-tool memfd-exec").asks(EffectKind::System, "attach", "looks into another process").also(|_, reader| services::attaches(reader)),
    program("openclaw clawdbot moltbot openclaw-gateway").also(own),
    program("gatehouse gatehouse-desktop").also(own),
    program("gpg gpg2 gpgsm").options(&[
        flag("-K --list-secret-keys", Act::Ask("keys", "It lists a person's keys.")), flag("--export-secret-keys --export-secret-subkeys --export-ownertrust", Act::Deny("read-secret", "It hands out keys that sign and decrypt for a person.")), flag("-d --decrypt", Act::Ask("decrypts", "It decrypts with a person's keys.")), value("-o --output", WRITE), value("-r --recipient -u --local-user --keyserver --homedir --passphrase --pinentry-mode --status-fd", TEXT), value("--passphrase-file", READ),
        flag("--delete-keys --delete-secret-keys --gen-key --full-generate-key --quick-gen-key --import --recv-keys --send-keys --edit-key --sign-key --lsign-key --trust-model --refresh-keys", Act::Ask("keys", "It changes whose keys are trusted, or makes keys.")), flags("--verify -k --list-keys --armor -a --batch --yes --dearmor --with-colons --fingerprint --version"),
        value("--photo-viewer --exec-path", Act::Deny("helper-program", "It runs a program that is named by an option.")), flag("-s --sign -b --detach-sign --clearsign -e --encrypt -c --symmetric", Act::Ask("signs", "It signs or encrypts with a person's keys.")),
    ]).each(READ).also(|parsed, reader| reader.out.io.decodes |= parsed.has("-d")),
    program("gpg-agent gpgconf gpg-connect-agent pinentry secret-tool keyring kwallet-query kwalletcli keyctl systemd-creds systemd-ask-password tpm2 ykman pkcs11-tool ssh-askpass pass-cli keepassxc-cli secretspec")
        .io(SECRET).denies(EffectKind::Read, "read-secret", "reaches what authenticates a person"),
    program("openssl libressl").grammar(Grammar::Stops).also(openssl),
    program("xauth xhost").asks(EffectKind::System, STATE, "changes who may see the screen"), program("import-screen scrot gnome-screenshot spectacle flameshot grim maim screencapture ffcast wf-recorder arecord parecord fswebcam streamer").asks(EffectKind::Read, "screen", "records the screen, the camera or the microphone"),
    program("logger").asks(EffectKind::Append, "log", "writes to the record of the system").options(&[value("-f --file", READ), value("-p --priority -t --tag --id -n --server -P --port", TEXT)]),
];

/// A page that is named by a path is a file.
fn pages(parsed: &Parsed, reader: &mut Reader<'_>) {
    let is_path = |word: &&Word| word.prefix().contains('/');
    for word in parsed.operands.iter().filter(is_path) {
        reader.touch(word, Access::Read);
    }
}

fn looks(parsed: &Parsed, reader: &mut Reader<'_>) {
    beside(reader);
    for word in &parsed.operands {
        if word.prefix().starts_with('/') {
            reader.touch(word, Access::List);
        }
    }
}

/// `ps e` shows the environment of every process.
fn ps(parsed: &Parsed, reader: &mut Reader<'_>) {
    // Of `-C node` and `-u dev` the second is a value, and no letters of options.
    let is_value = |at: usize| {
        let before = at.checked_sub(1).and_then(|at| parsed.operands.get(at));
        before.is_some_and(|before| {
            let before = before.prefix();
            before.starts_with('-') && before.ends_with(|c| "CoOpuUtgGsqk".contains(c))
                || before.starts_with("--") && !before.contains('=')
        })
    };
    let environment = parsed.operands.iter().enumerate().any(|(at, word)| {
        let text = word.prefix();
        if is_value(at) {
            return false;
        }
        let letters = text.bytes().all(|b| b.is_ascii_alphabetic());
        !text.starts_with('-')
            && letters
            && text.contains('e')
            && text.len() <= 6
            && !text.contains("pid")
            || text == "-E"
            || text.starts_with("-E")
            || text.contains("environ")
    });
    if environment {
        reader.out.io.emits_secret = true;
        reader.deny(
            "print-environment",
            "It prints the environment of processes, that of the gateway among them.",
        );
    }
}

fn users(parsed: &Parsed, reader: &mut Reader<'_>) {
    let program = reader.invocation.argv[0].prefix().to_owned();
    let looks = parsed.strange.iter().any(|name| {
        matches!(
            name.as_str(),
            "-S" | "--status" | "-l" | "-list" | "-c" | "--check" | "-read"
        )
    }) && !matches!(program.as_str(), "usermod" | "useradd" | "groupmod");
    let looks = looks && program != "dscl";
    let reads = matches!(parsed.operand(1), Some("-read" | "-list"))
        || program == "visudo" && parsed.strange.iter().any(|name| name == "-c");
    if looks || reads {
        return reader.ask(USERS, "It looks at the users of this machine.");
    }
    reader.deny(USERS, "It changes who may use this machine, or as whom.");
}

fn firewall(parsed: &Parsed, reader: &mut Reader<'_>) {
    let program = reader.invocation.argv[0].prefix().to_owned();
    let looks = parsed.strange.iter().any(|name| {
        matches!(
            name.as_str(),
            "-L" | "-S"
                | "--list"
                | "--list-rules"
                | "--state"
                | "--list-all"
                | "-s"
                | "--getglobalstate"
        )
    }) || matches!(parsed.operand(0), Some("status" | "list" | "show"));
    let flushes = parsed.strange.iter().any(|name| {
        matches!(
            name.as_str(),
            "-F" | "--flush" | "-X" | "-P" | "-D" | "--delete" | "-d"
        )
    }) || matches!(
        parsed.operand(0),
        Some("disable" | "flush" | "reset" | "stop" | "delete" | "destroy")
    );
    if looks && !flushes {
        return reader.ask("firewall", "It looks at the firewall.");
    }
    let _ = program;
    reader.deny(SECURITY, "It changes the firewall of this machine.");
}

fn sysctl(parsed: &Parsed, reader: &mut Reader<'_>) {
    if parsed.has("-w")
        || parsed
            .operands
            .iter()
            .any(|word| word.prefix().contains('='))
    {
        reader.deny(STATE, "It changes settings of the kernel.");
    }
}

fn network_state(parsed: &Parsed, reader: &mut Reader<'_>) {
    let program = reader.invocation.argv[0].prefix().to_owned();
    let changes = [
        "add", "del", "delete", "set", "up", "down", "flush", "change", "replace", "append",
        "exec", "connect", "modify", "mtu", "hw", "netmask", "off", "on", "import", "load", "save",
        "reload",
    ];
    let looks = match program.as_str() {
        "hostname" | "domainname" | "arp" | "route" => parsed.operands.is_empty(),
        "networksetup" => parsed
            .strange
            .iter()
            .all(|name| name.starts_with("-get") || name.starts_with("-list")),
        "scutil" => parsed.strange.iter().any(|name| {
            name.starts_with("--dns") || name.starts_with("--proxy") || name.starts_with("--nwi")
        }),
        "dhclient" | "dhcpcd" | "wpa_supplicant" | "macchanger" | "ifup" | "ifdown" | "nmtui" => {
            false
        }
        _ => !parsed
            .operands
            .iter()
            .any(|word| word.known().is_none_or(|text| changes.contains(&text))),
    };
    if program == "ip"
        && parsed
            .operands
            .iter()
            .any(|word| word.known() == Some("exec"))
    {
        super::wrappers::tail(parsed, reader);
    }
    if !looks {
        reader.ask("network-state", "It changes the network of this machine.");
    }
}

/// The gateways themselves, told from inside.
fn own(parsed: &Parsed, reader: &mut Reader<'_>) {
    let words: Vec<String> = parsed.operands.iter().map(shown_word).collect();
    let word = |at: usize| words.get(at).map_or("", String::as_str);
    let looks = matches!(
        (word(0), word(1)),
        ("" | "status" | "health" | "version" | "help" | "logs", _)
            | (
                "gateway"
                    | "daemon"
                    | "node"
                    | "nodes"
                    | "agents"
                    | "sessions"
                    | "channels"
                    | "models"
                    | "skills"
                    | "plugins"
                    | "cron"
                    | "hooks",
                "status" | "list" | "show" | "health" | "info",
            )
            | ("policy", "check" | "explain" | "test")
            | ("audit", "verify")
    );
    if looks {
        return reader.ask(
            "own-gateway",
            "It asks the gateway that this agent is governed by.",
        );
    }
    reader.deny(
        "own-gateway",
        "It changes or drives the gateway that this agent is governed by.",
    );
}

fn openssl(parsed: &Parsed, reader: &mut Reader<'_>) {
    let sub = parsed.operand(0).unwrap_or("version").to_owned();
    let args = parsed.operands.get(1..).unwrap_or(&[]).to_vec();
    let mut reads = Vec::new();
    // Of what these are given they show a certificate and nothing else.
    let public = matches!(sub.as_str(), "x509" | "crl" | "verify");
    for pair in args.windows(2) {
        match pair[0].known() {
            Some("-in") if public => {
                reader.touch(&pair[1], Access::List);
            }
            Some(
                "-in" | "-inkey" | "-CAfile" | "-key" | "-cert" | "-kfile" | "-signkey" | "-CA"
                | "-CAkey" | "-certfile" | "-untrusted" | "-sigfile" | "-verify" | "-prverify"
                | "-sign" | "-rand" | "-passin" | "-pass",
            ) => reads.push(pair[1].clone()),
            Some("-out" | "-keyout" | "-writerand" | "-signature-out") => {
                reader.touch(&pair[1], Access::Write);
            }
            Some("-engine" | "-provider" | "-provider-path" | "-config") => reader.ask(
                "loads-code",
                "It loads code or options that an option names.",
            ),
            _ => {}
        }
    }
    for word in reads {
        let word = match word.known().and_then(|text| text.strip_prefix("file:")) {
            Some(path) => crate::word::Word::from(path),
            None => word,
        };
        reader.touch(&word, Access::Read);
    }
    match sub.as_str() {
        "enc" | "aes-256-cbc" | "aes-128-cbc" | "base64" | "des3" | "bf" | "cms" | "smime"
        | "pkeyutl" | "rsautl" | "zlib" => {
            reader.out.io.passes_input = true;
            reader.out.io.decodes |= args
                .iter()
                .any(|arg| matches!(arg.known(), Some("-d" | "-decrypt" | "-decode")));
        }
        "dgst" | "sha256" | "sha1" | "md5" | "sha512" | "rand" | "version" | "ciphers" | "list"
        | "prime" | "x509" | "req" | "verify" | "asn1parse" | "crl" | "crl2pkcs7" | "ec"
        | "rsa" | "pkey" | "genrsa" | "genpkey" | "ecparam" | "dhparam" | "pkcs12" | "pkcs8"
        | "passwd" | "speed" | "errstr" | "help" | "sha384" | "kdf" | "mac" | "pkcs7"
        | "storeutl" => {}
        "s_client" | "s_time" | "ocsp" => {
            reader.out.io.sends_input = true;
            reader.out.io.emits_network = true;
            let at = args.iter().position(|arg| arg.known() == Some("-connect"));
            match at.and_then(|at| args.get(at + 1)) {
                Some(host) => reaches(reader, &shown_word(host)),
                None => reader.effect(
                    EffectKind::Network,
                    Target::Unknown,
                    Zone::Elsewhere,
                    "connects to another machine",
                ),
            }
            reader.ask("network", "It connects to another machine.");
        }
        _ => reader.ask(
            "unknown-subcommand",
            "What openssl does here is not known to be harmless.",
        ),
    }
    let shown = public && args.len() > 1 && args[args.len() - 2].known() == Some("-in");
    if !shown && args.last().is_some_and(|word| word.prefix().contains('/')) {
        reader.touch(&args[args.len() - 1], Access::Read);
    }
}

/// `-ex 'shell …'`: a debugger's commands start others.
fn debugger(parsed: &Parsed, reader: &mut Reader<'_>) {
    services::attaches(reader);
    let options = ["-ex", "-iex", "--eval-command", "-o", "--one-line"];
    let given: Vec<_> = options
        .iter()
        .flat_map(|option| parsed.values(option))
        .cloned()
        .collect();
    for word in given {
        let text = crate::programs::reader::shown_word(&word);
        let shells = ["shell ", "!", "platform shell ", "make "];
        if let Some(command) = shells
            .iter()
            .find_map(|verb| text.trim().strip_prefix(verb))
        {
            reader.shell(crate::word::Word::from(command));
        }
        let python = ["python ", "py ", "pi ", "script "];
        if let Some(code) = python
            .iter()
            .find_map(|verb| text.trim().strip_prefix(verb))
        {
            let code = crate::word::Word::from(code);
            crate::programs::code::read(reader, &code, crate::programs::code::Language::Python);
        }
    }
    if only_shows(parsed, reader) {
        for file in &parsed.operands {
            reader.touch(file, Access::Read);
        }
        let shown = ["debugger", "inline-code"];
        return reader
            .out
            .findings
            .retain(|finding| !shown.contains(&finding.code.as_str()));
    }
    super::wrappers::tail(parsed, reader);
}

/// `gdb -batch -ex bt PROGRAM CORE`: what lies there is shown, and nothing is run.
fn only_shows(parsed: &Parsed, reader: &Reader<'_>) -> bool {
    #[rustfmt::skip]
    const SHOW: &[&str] = &["bt", "where", "backtrace", "info", "quit", "disassemble", "list", "frame", "up", "down"];
    let argv = &reader.invocation.argv;
    let plain = [
        "-q", "-quiet", "--quiet", "-nx", "-n", "-nh", "-batch", "--batch",
    ];
    let mut words = argv[1..].iter();
    let mut batch = false;
    while let Some(word) = words.next() {
        match word.known() {
            Some("-ex") => {
                let command = words.next().and_then(Word::known).unwrap_or_default();
                let command = command.strip_prefix("thread apply all ").unwrap_or(command);
                let first = command.split_whitespace().next().unwrap_or_default();
                let called = command.contains(['|', '!', '(', '=', '$', '\n']);
                if command != "set pagination off" && (called || !SHOW.contains(&first)) {
                    return false;
                }
            }
            Some(option) if plain.contains(&option) => batch |= option.ends_with("batch"),
            Some(option) if option.starts_with('-') => return false,
            Some(_) => {}
            None => return false,
        }
    }
    batch && crate::place::name(argv[0].prefix()) == "gdb" && parsed.operands.len() <= 2
}
