//! Programs that speak to other machines.

mod instead;
mod transfers;

use crate::effect::EffectKind;
use crate::place::{Access, name};
use crate::programs::network::{Use, of_scp, reaches, upload, url};
use crate::programs::options::{Parsed, without};
use crate::programs::reader::{Reader, shown_word};
use crate::programs::table::{
    APPEND, Act, FETCHES, Grammar, NETWORK, Operands, Program, READ, SENDS, TEXT, WRITE, flag,
    flags, program, value,
};
use crate::verdict::Verdict;
use crate::word::Word;
use transfers::{netcat, sftp, socat, ssh, transfer, typed};

const OTHER_CONFIG: Act = Act::Ask(
    "other-configuration",
    "A file of options decides what it does.",
);
const HELPER: Act = Act::Deny(
    "helper-program",
    "It runs a program that is named by an option.",
);
const TUNNEL: Act = Act::Ask("tunnel", "It opens a way from one network into another.");

#[rustfmt::skip]
pub(super) static PROGRAMS: &[Program] = &[
    program("curl curl.exe").strict().io(FETCHES).options(&[
        value("-d --data --data-ascii --data-binary --data-urlencode --json", TEXT), value("--data-raw --form-string", TEXT), value("-F --form", TEXT), value("--url-query", TEXT),
        value("-T --upload-file", TEXT), value("-o --output", WRITE), flag("-O --remote-name --remote-name-all", TEXT),
        value("-X --request", TEXT), value("-H --header --proxy-header", TEXT), value("--url", TEXT), flag("-G --get", TEXT),
        value("-A --user-agent -e --referer -m --max-time --connect-timeout --retry --retry-delay --retry-max-time -r --range -w --write-out -u --user --oauth2-bearer --limit-rate --max-redirs -z --time-cond -C --continue-at -y --speed-time -Y --speed-limit --max-filesize --ciphers --tls-max --parallel-max --proto --proto-redir --interface --local-port --keepalive-time --expect100-timeout --happy-eyeballs-timeout-ms --rate --aws-sigv4 --delegation --krb --login-options --service-name --curves --tls13-ciphers --pass --proxy-user -U --create-file-mode --ip-tos --vlan-priority --dns-interface --request-target --cert-type --key-type --pinnedpubkey --tlsuser --haproxy-clientip", TEXT),
        value("--proto-default", Act::Ask("network-scheme", "What an address means is decided by an option.")),
        value("-b --cookie", TEXT), value("-c --cookie-jar -D --dump-header --trace --trace-ascii --stderr --libcurl --etag-save --hsts --alt-svc --ssl-sessions", WRITE), value("--output-dir", Act::Path(Access::Create)),
        value("-E --cert --key --cacert --etag-compare --crlfile --netrc-file --proxy-cert --proxy-key", READ), value("--capath --proxy-capath --proxy-cacert", READ),
        value("-K --config", OTHER_CONFIG), value("--unix-socket --abstract-unix-socket", Act::Ask("unix-socket", "It speaks to a service of this machine through a socket.")),
        value("-x --proxy --preproxy --socks4 --socks4a --socks5 --socks5-hostname --proxy1.0", Act::Ask("proxy", "Everything goes through another machine.")),
        value("--resolve --connect-to --dns-servers --doh-url --dns-ipv4-addr", Act::Ask("other-resolution", "A name is made to mean another machine.")),
        value("-Q --quote --telnet-option -t -P --ftp-port --mail-from --mail-rcpt", Act::Ask("commands", "It sends commands of another protocol.")),
        value("--variable", TEXT), value("--engine", Act::Deny("loads-code", "It loads code that an option names.")),
        flag("-n --netrc --netrc-optional", Act::Ask("netrc", "It sends what a file of passwords says.")),
        flag("-I --head", TEXT),
        flags("-f --fail -g --globoff -i --include --show-headers -j -k --insecure -L --location --location-trusted -l -M --manual -N --no-buffer -p -q --disable -R --remote-time -s --silent -S --show-error -v --verbose -V --version -Z --parallel -# --progress-bar -0 --http1.0 --http1.1 --http2 --http2-prior-knowledge --http3 --http0.9 -1 -2 -3 -4 --ipv4 -6 --ipv6 -a --append -B -J --remote-header-name --compressed --create-dirs --fail-with-body --fail-early --no-progress-meter --no-keepalive --no-clobber --remove-on-error --retry-all-errors --retry-connrefused --ssl --ssl-reqd --tcp-nodelay --tcp-fastopen --tlsv1 --tlsv1.0 --tlsv1.1 --tlsv1.2 --tlsv1.3 --tr-encoding --raw --path-as-is --post301 --post302 --post303 --anyauth --basic --digest --ntlm --negotiate --cert-status --styled-output --no-styled-output --xattr --junk-session-cookies --ignore-content-length --disable-epsv --disable-eprt --crlf --http3-only --parallel-immediate --trace-time --trace-ids --sslv2 --sslv3 --no-alpn --no-sessionid --ca-native --doh-insecure --skip-existing"),
        value("-h --help", TEXT),
    ]).also(curl),
    program("wget wget2").strict().io(FETCHES).options(&[
        value("-O --output-document", TEXT), value("-P --directory-prefix", TEXT), value("-o --output-file --save-cookies --hsts-file --warc-file", WRITE), value("-a --append-output", APPEND),
        value("--post-data --body-data", TEXT), value("--post-file --body-file", TEXT), value("--method", TEXT), value("-i --input-file", READ), value("--load-cookies --certificate --private-key --ca-certificate --ca-directory", READ),
        value("-e --execute", Act::Deny("other-configuration", "It takes a line of configuration, which can run programs.")), value("--use-askpass", HELPER), value("--config", OTHER_CONFIG),
        value("-t --tries -T --timeout --dns-timeout --connect-timeout --read-timeout -w --wait --waitretry -Q --quota --limit-rate -U --user-agent --header --referer --user --password --http-user --http-password --progress --prefer-family --restrict-file-names --secure-protocol -A --accept -R --reject --accept-regex --reject-regex -D --domains --exclude-domains -I -X --include-directories --exclude-directories -l --level --cut-dirs --max-redirect --local-encoding --remote-encoding -B --base --report-speed --default-page --start-pos --bind-address --ciphers --compression", TEXT),
        flags("-q --quiet -v --verbose -nv --no-verbose -c --continue -N --timestamping -S --server-response --spider -4 -6 -nc --no-clobber -nd -x -nH -r --recursive -k --convert-links -K -m --mirror -p --page-requisites -np --no-parent -L --relative -E --adjust-extension -F -b -d -h -V --help --version --no-check-certificate --no-cache --no-cookies --no-proxy --no-dns-cache --content-disposition --trust-server-names --show-progress --retry-connrefused --no-hsts --random-wait --https-only --auth-no-challenge --ask-password --no-host-directories --no-directories --force-directories --backups -H --span-hosts --no-iri --unlink --keep-session-cookies --delete-after --no-glob --inet4-only --inet6-only"),
    ]).also(wget),
    program("http https httpie xh xhs curlie hurl grpcurl websocat wscat ab wrk hey k6 siege vegeta oha").io(NETWORK)
        .asks(EffectKind::Network, "network", "connects to another machine").also(any_url),
    program("aria2c axel lynx w3m links elinks yt-dlp youtube-dl gallery-dl httrack transmission-cli ipfs magic-wormhole wormhole croc")
        .io(NETWORK).asks(EffectKind::Network, "network", "connects to another machine").options(&[
            value("--exec --exec-before-download --on-download-complete --on-download-start --on-download-error --on-download-stop --on-bt-download-complete --external-downloader --downloader", Act::Shell),
            value("-o --output -O --out -d --dir", WRITE), value("-e -c", Act::Shell), flags("-dump -q"), value("--batch-file -a -i --input-file --conf-path --config-location", OTHER_CONFIG),
        ]).also(any_url),
    program("ssh autossh slogin dbclient sshpass-ssh").grammar(Grammar::Stops).strict().io(NETWORK).options(&[
        value("-o", TEXT), value("-F", OTHER_CONFIG), value("-E", WRITE), value("-I", Act::Deny("loads-code", "It loads a library that an option names.")),
        value("-L -R -D -w -W", TUNNEL), value("-J", Act::Host), value("-i", TEXT),
        value("-b -B -c -e -l -m -O -p -Q -S -P -M", TEXT), flags("-4 -6 -A -a -C -f -G -g -K -k -N -n -q -s -T -t -V -v -X -x -Y -y"),
    ]).also(ssh),
    program("scp").strict().io(NETWORK).options(&[
        value("-o", TEXT), value("-F", OTHER_CONFIG), value("-S -D", HELPER), value("-J", Act::Host), value("-i -c -l -P -X", TEXT), flags("-3 -4 -6 -A -B -C -O -p -q -R -r -s -T -v"),
    ]).also(transfer),
    program("ftp lftp tftp ncftp").io(FETCHES).asks(EffectKind::Network, "network", "moves files to or from another machine").options(&[
        value("-e -c -f -u -p -P", TEXT), flags("-n -i -v -d -g -A -4 -6"),
    ]).also(|parsed, reader| {
        typed(reader);
        any_host(parsed, reader);
    }),
    program("sftp").strict().io(NETWORK).asks(EffectKind::Network, "network", "connects to another machine").options(&[
        value("-o", TEXT), value("-F", OTHER_CONFIG), value("-S -D", HELPER), value("-b", READ), value("-B -c -i -J -l -P -R -s -X", TEXT), flags("-4 -6 -A -a -C -f -N -p -q -r -v"),
    ]).also(sftp),
    program("rsync").strict().options(&[
        value("-e --rsh", Act::Shell), value("--rsync-path", TEXT), flag("--delete --delete-before --delete-during --delete-delay --delete-after --delete-excluded --del --delete-missing-args", TEXT),
        flag("--remove-source-files", TEXT), value("--files-from --exclude-from --include-from --password-file --read-batch", READ), value("--log-file --write-batch --only-write-batch", WRITE), value("--partial-dir -T --temp-dir --backup-dir", Act::Path(Access::Create)),
        value("--exclude --include -f --filter --max-size --min-size --bwlimit --timeout --contimeout --port --chmod --chown --out-format --log-file-format --block-size -B --modify-window -@ --compress-level --zl --info --debug --suffix --iconv --stop-after --stop-at --compare-dest --copy-dest --link-dest --outbuf --max-delete --max-alloc --skip-compress --address --sockopts --protocol --usermap --groupmap --copy-as --checksum-choice --cc --compress-choice --zc", TEXT),
        flags("-v --verbose -q --quiet -c --checksum -a --archive -r --recursive -R --relative -b --backup -u --update -l --links -L --copy-links -k -K -H --hard-links -p --perms -E -A --acls -X --xattrs -o --owner -g --group -D --devices --specials -t --times -U -O -J -S --sparse -n --dry-run -W --whole-file -x -y --fuzzy -z --compress -C --cvs-exclude -0 --from0 -s -h --human-readable --progress -P --partial -i --itemize-changes -8 -4 -6 -d --dirs -m --prune-empty-dirs -I --ignore-times --stats --existing --ignore-existing --inplace --append --append-verify --size-only --numeric-ids --no-perms --no-owner --no-group --safe-links --copy-unsafe-links --munge-links --list-only --force --ignore-errors --no-motd --version --help --super --fake-super --no-implied-dirs --open-noatime --mkpath --delay-updates --no-whole-file --protect-args --secluded-args --no-times --omit-dir-times --omit-link-times --fsync --executability --atimes --crtimes --copy-dirlinks --keep-dirlinks --preallocate --no-compress"),
        flag("--daemon", Act::Ask("listens", "It opens a port and serves files through it.")), value("-M --remote-option --config", Act::Ask("remote-option", "It hands options to the other side.")),
    ]).also(transfer),
    program("nc ncat netcat nc.openbsd nc.traditional netcat-openbsd powercat pwncat rustcat rcat").io(NETWORK).options(&[
        value("-e -c --exec --sh-exec --lua-exec", Act::Deny("reverse-shell", "It hands a program of this machine to whoever is at the other end.")),
        value("-p -s -w -i -q -O -I -P -T -V -X -x -b -g -G -m -M -D --source-port --source --wait --idle-timeout --proxy --proxy-type --max-conns", TEXT), value("-o --output --hex-dump", WRITE),
        flag("-U --unixsock", TEXT), flags("-z -v -n -u -l -k -4 -6 -t -C -d -N -r -S -h -F --listen --keep-open --udp --verbose --ssl --recv-only --send-only --nodns"), value("-L -R", TUNNEL),
    ]).also(netcat),
    program("socat").io(NETWORK).asks(EffectKind::Network, "network", "joins two ends, of which one may be another machine").also(socat),
    program("telnet rlogin rsh rexec ghostty-ssh et mosh-client xfreerdp rdesktop vncviewer").io(NETWORK).asks(EffectKind::Network, "network", "connects to another machine").operands(Operands::First(Act::Host, TEXT)),
    program("ping ping6 fping hping3 arping traceroute traceroute6 tracepath mtr dig nslookup host drill whois kdig dog resolvectl delv dns-sd avahi-browse avahi-resolve")
        .io(NETWORK).asks(EffectKind::Network, "network", "asks another machine").also(any_host),
    program("getent").options(&[flags("-i"), value("-s", TEXT)]).also(getent),
    program("nmap masscan zmap rustscan nikto sqlmap hydra john hashcat medusa gobuster ffuf wfuzz dirb msfconsole msfvenom metasploit responder aircrack-ng crackmapexec netexec impacket bettercap ettercap arpspoof mimikatz linpeas pspy chisel ligolo sliver")
        .asks(EffectKind::Network, "attack-tool", "is a tool to attack or search other machines with"),
    program("tcpdump tshark wireshark dumpcap ngrep termshark mitmproxy mitmdump mitmweb tcpflow").asks(EffectKind::Network, "sniff", "listens to what others send")
        .options(&[value("-z", HELPER), value("-w", WRITE), value("-s --scripts", Act::Script)]),
    program("ngrok cloudflared localtunnel lt bore frpc frps tailscale zerotier-cli wg wg-quick openvpn tor ssh-tunnel expose pagekite serveo sshuttle headscale nebula")
        .asks(EffectKind::Network, "tunnel", "opens a way into this machine or out of it"),
    program("mail mailx sendmail mutt neomutt msmtp swaks s-nail mpack ssmtp telegram-send slackcat notify-send-remote pastebinit gist wgetpaste termbin transfer 0x0 ix.io")
        .io(SENDS).asks(EffectKind::Network, "sends-message", "sends something to people").options(&[value("-a -A --attach", READ), value("-s -c -b -S -r -f", TEXT)]),
    program("ssh-keygen").strict().options(&[
        value("-f", TEXT), value("-Y", TEXT), value("-t -b -C -N -P -a -m -E -I -n -O -V -z -w -Z -S -W -M -r -s -D -K -R -F", TEXT), flags("-l -L -q -v -A -B -H -y -e -i -p -c -o -x -k -Q -h -g -U -u -T"),
    ]).also(keygen),
    program("ssh-agent").grammar(Grammar::Stops).asks(EffectKind::System, "ssh-keys", "handles keys that log in elsewhere").options(&[value("-a -E -O -P -t", TEXT), flags("-c -s -d -D -k")]).operands(Operands::Command(0)),
    program("ssh-add ssh-copy-id ssh-keyscan ssh-keysign").asks(EffectKind::System, "ssh-keys", "handles keys that log in elsewhere").also(any_host),
];

/// `@file` and `name@file` send a file; `@-` sends the input.
fn data(reader: &mut Reader<'_>, word: &Word, named: bool) {
    let text = word.prefix();
    let at = match text.find('@') {
        Some(0) => 1,
        Some(at) if named && !text[..at].contains('=') => at + 1,
        _ => return,
    };
    sent(reader, &without(word, at));
}

fn sent(reader: &mut Reader<'_>, path: &Word) {
    if matches!(path.known(), Some("-" | ".")) {
        reader.out.io.sends_input = true;
    } else {
        upload(reader, path);
    }
}

fn curl(parsed: &Parsed, reader: &mut Reader<'_>) {
    instead::elsewhere(parsed, reader);
    let mut sends = parsed.any("-d --data-raw -F -T") && !parsed.has("-G");
    for word in parsed.values("-d").chain(parsed.values("--url-query")) {
        data(reader, word, true);
    }
    for word in parsed.values("-F") {
        let text = word.prefix();
        if let Some(at) = text.find("=@").or_else(|| text.find("=<")) {
            let path = without(word, at + 2);
            let path = match path.known() {
                Some(text) => Word::from(
                    text.split([';', ','])
                        .next()
                        .unwrap_or("")
                        .trim_matches('"'),
                ),
                None => path,
            };
            sent(reader, &path);
        }
    }
    for word in parsed.values("-T") {
        sent(reader, word);
    }
    for name in ["-H", "-w"] {
        parsed
            .values(name)
            .for_each(|word| data(reader, word, false));
    }
    for word in parsed.values("-w") {
        written_out(word, reader);
    }
    for word in parsed.values("--variable") {
        data(reader, word, true);
    }
    for word in parsed.values("-b") {
        if word
            .known()
            .is_none_or(|text| !text.contains('=') && !text.is_empty())
        {
            upload(reader, word);
        }
    }
    if let Some(method) = parsed.value("-X") {
        sends |= !matches!(method.known(), Some("GET" | "HEAD" | "OPTIONS"));
    }
    let how = if sends { Use::Send } else { Use::Get };
    for word in parsed.operands.iter().chain(parsed.values("--url")) {
        url(reader, word, how);
        if parsed.has("-O") {
            downloaded(reader, word, parsed.value("--output-dir"));
        }
    }
}

/// `%output{FILE}` in what is printed at the end sends the rest of it to a file.
fn written_out(format: &Word, reader: &mut Reader<'_>) {
    let text = shown_word(format);
    for part in text.split("%output{").skip(1) {
        let file = part.split('}').next().unwrap_or_default();
        let file = Word::from(file.trim_start_matches(">>"));
        reader.touch(&file, Access::Write);
    }
}

/// The file that a download is kept in, named after its address.
fn downloaded(reader: &mut Reader<'_>, address: &Word, folder: Option<&Word>) {
    let text = shown_word(address);
    let path = text.split(['?', '#']).next().unwrap_or("");
    let after = path.split_once("://").map_or(path, |(_, rest)| rest);
    let file = after.split_once('/').map_or("", |(_, path)| name(path));
    let file = if file.is_empty() { "index.html" } else { file };
    let folder = folder.map(shown_word);
    let whole = match &folder {
        Some(folder) => format!("{folder}/{file}"),
        None => file.to_owned(),
    };
    reader.touch(&Word::Known(whole), Access::Write);
}

fn wget(parsed: &Parsed, reader: &mut Reader<'_>) {
    let sends = parsed.any("--post-data --post-file")
        || parsed
            .value("--method")
            .is_some_and(|method| !matches!(method.known(), Some("GET" | "HEAD" | "get" | "head")));
    parsed
        .values("--post-file")
        .for_each(|word| sent(reader, word));
    if parsed.has("-i") {
        reader.ask("network-unknown", "Where it connects to stands in a file.");
    }
    for word in &parsed.operands {
        url(reader, word, if sends { Use::Send } else { Use::Get });
        match parsed.value("-O") {
            Some(file) if file.known() == Some("-") => {}
            Some(file) => {
                reader.touch(file, Access::Write);
            }
            None => downloaded(reader, word, parsed.value("-P")),
        }
    }
}

fn any_url(parsed: &Parsed, reader: &mut Reader<'_>) {
    for word in &parsed.operands {
        let text = word.prefix();
        if text.contains("://") || text.starts_with(':') || text.starts_with("localhost") {
            let word = match text.strip_prefix(':') {
                Some(rest) => Word::Known(format!("localhost:{rest}")),
                None => word.clone(),
            };
            url(reader, &word, Use::Send);
        } else if text.contains('.')
            && !text.contains(['=', '@', '…'])
            && !text.starts_with(['-', '.', '/'])
        {
            // A host without a scheme, or a file, which no rule about hosts names.
            reaches(reader, text);
        }
        if let Some(at) = text.find('@')
            && (text[..at].ends_with('=') || text[..at].is_empty() || text[..at].ends_with(':'))
        {
            upload(reader, &without(word, at + 1));
        }
    }
}

fn any_host(parsed: &Parsed, reader: &mut Reader<'_>) {
    for word in &parsed.operands {
        // `dig @server name`
        let word = match word.known().and_then(|text| text.strip_prefix('@')) {
            Some(server) => Word::from(server),
            None => word.clone(),
        };
        if word.prefix().contains('.') || word.prefix().contains(':') {
            url(reader, &word, Use::Send);
        } else if let Some(name) = word.known().filter(|name| !is_number(name)) {
            reaches(reader, name);
        }
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn getent(parsed: &Parsed, reader: &mut Reader<'_>) {
    match parsed.operand(0) {
        Some("shadow" | "gshadow") => {
            reader.out.io.emits_secret = true;
            reader.deny("read-secret", "It reads the passwords of this machine.");
        }
        Some("passwd" | "group" | "services" | "protocols") => {}
        _ => reader.find(Verdict::Ask, "network", "It may ask another machine."),
    }
}

fn keygen(parsed: &Parsed, reader: &mut Reader<'_>) {
    let listing = reader
        .invocation
        .argv
        .iter()
        .any(|arg| matches!(arg.known(), Some("-l" | "-lf" | "-L" | "-F" | "-B")));
    let file = parsed
        .value("-f")
        .cloned()
        .unwrap_or_else(|| Word::Known(format!("{}/.ssh/id_ed25519", reader.world.home)));
    let reads = reader
        .invocation
        .argv
        .iter()
        .any(|arg| matches!(arg.known(), Some("-y" | "-e" | "-yf")));
    if reads {
        reader.touch(&file, Access::Read);
    } else if parsed.has("-Y") {
        reader.ask("ssh-keys", "It signs with a key, or checks who signed.");
        reader.touch(&file, Access::Read);
    } else if !listing {
        reader.ask(
            "ssh-keys",
            "It makes or changes keys that log in elsewhere.",
        );
        reader.touch(&file, Access::Write);
    }
    if reader
        .invocation
        .argv
        .iter()
        .any(|arg| arg.prefix().starts_with("-D"))
    {
        reader.deny("loads-code", "It loads a library that an option names.");
    }
}
