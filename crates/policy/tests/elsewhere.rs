//! What is reached in containers, clusters and databases.

mod support;

use gatehouse_policy::Verdict::{Ask, Deny};
use support::check;

#[test]
fn what_is_copied_out_of_another_place_is_read_there() {
    check(
        Deny,
        &[
            "kubectl cp prod/db-0:/var/run/secrets/kubernetes.io/serviceaccount/token /tmp/tok",
            "kubectl cp -c app db-0:/root/.ssh/id_rsa /tmp/k",
            "docker cp web:/root/.ssh/id_rsa /tmp/k",
            "podman cp web:/etc/shadow .",
        ],
    );
    check(
        Ask,
        &[
            "kubectl cp web-0:/app/report.txt report.txt",
            "docker cp web:/app/dist ./dist",
            "docker cp dist web:/app/dist",
        ],
    );
}

#[test]
fn the_disk_of_a_node_is_out_of_reach() {
    check(
        Deny,
        &[
            "kubectl debug node/n1 --image=busybox -- cat /host/etc/shadow",
            "kubectl debug node/n1 -it --image=busybox -- chroot /host",
        ],
    );
    check(Ask, &["kubectl debug web-0 -it --image=busybox -- ls /app"]);
}

#[test]
fn a_database_puts_the_home_folder_in() {
    check(
        Deny,
        &["duckdb -c \"select * from read_csv('~/.aws/credentials')\""],
    );
}

#[test]
fn what_is_installed_or_started_again_is_asked_about() {
    check(
        Ask,
        &[
            "code --install-extension ms-python.python",
            "launchctl kickstart -k gui/501/com.example.app",
            "yes > /dev/shm/x",
        ],
    );
    check(
        Deny,
        &[
            "code --add-mcp '{}'",
            "launchctl load ~/x.plist",
            "code tunnel",
        ],
    );
}
