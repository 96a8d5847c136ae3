//! The program itself: help, exit codes, and the commands that scripts depend on.

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

fn run(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_trackflow"))
        .args(arguments)
        .env_clear()
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("piped");
    // A command that reads nothing may have ended before.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("the program ends")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn help_names_every_command_and_setting() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = run(folder.path(), &["--help"], "");
    insta::assert_snapshot!("help", text(&output.stdout));
    let output = run(folder.path(), &["seed", "--help"], "");
    let own = text(&output.stdout).split("\nSettings").next();
    insta::assert_snapshot!("help_seed", own.unwrap_or_default());
}

#[test]
fn wrong_settings_exit_with_2_one_line_each_and_open_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("t.toml"), "log-level = 'loud'").expect("a file");
    let arguments = [
        "--config",
        "t.toml",
        "--listen",
        "x",
        "--database-url",
        "mysql://a",
    ];
    let output = run(folder.path(), &arguments, "");
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(
        text(&output.stderr),
        "error: database-url: the database URL has the unknown scheme `mysql`; use `sqlite:` or `postgres:`\n\
         error: listen: `x` is no IP address with a port; use for example 127.0.0.1:3000 or [::]:3000\n\
         error: log-level: `loud` is unknown; use one of error, warn, info, debug, trace\n"
    );
    let files = std::fs::read_dir(folder.path()).expect("the folder");
    assert_eq!(files.count(), 1, "only the configuration file");
}

#[test]
fn an_unknown_setting_or_command_exits_with_2() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("t.toml"), "port = 80").expect("a file");
    for (arguments, part) in [
        (&["--config", "t.toml"] as &[_], "unknown field `port`"),
        (&["--config", "absent.toml"], "cannot be read"),
        (&["--port", "80"], "--port"),
        (&["sites"], "sites"),
    ] {
        let output = run(folder.path(), arguments, "");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            text(&output.stderr).contains(part),
            "{}",
            text(&output.stderr)
        );
    }
}

#[test]
fn check_config_hides_the_password() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let arguments = [
        "check-config",
        "--database-url",
        "postgres://me:secret@db.test/tf",
    ];
    let output = run(folder.path(), &arguments, "");
    assert_eq!(output.status.code(), Some(0));
    let printed = text(&output.stdout);
    assert!(
        printed.contains("postgres://db.test/tf") && !printed.contains("secret"),
        "{printed}"
    );
}

#[test]
fn sites_and_users_are_managed_from_scripts() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (arguments, input, code, stdout) in [
        (&["migrate"] as &[_], "", 0, None),
        (&["migrate"], "", 0, Some("the schema is up to date\n")),
        (
            &["site", "add", "https://www.Example.com/"],
            "",
            0,
            Some("example.com was added\n"),
        ),
        (&["site", "add", "example.com"], "", 1, Some("")),
        (&["site", "add", "no host"], "", 2, Some("")),
        (
            &["site", "list"],
            "",
            0,
            Some("example.com\tUTC\texample.com\n"),
        ),
        (
            &[
                "site",
                "rule",
                "add",
                "example.com",
                "blocked_country",
                "de",
            ],
            "",
            0,
            Some("blocked_country DE was added\n"),
        ),
        (
            &[
                "site",
                "rule",
                "add",
                "example.com",
                "blocked_country",
                "DE",
            ],
            "",
            1,
            Some(""),
        ),
        (
            &["site", "rule", "add", "example.com", "rate_limit", "many"],
            "",
            2,
            Some(""),
        ),
        (
            &["site", "rule", "add", "example.com", "colour", "red"],
            "",
            2,
            Some(""),
        ),
        (
            &["site", "rule", "add", "example.org", "rate_limit", "5"],
            "",
            1,
            Some(""),
        ),
        (
            &["site", "rule", "list", "example.com"],
            "",
            0,
            Some("blocked_country\tDE\n"),
        ),
        (
            &[
                "site",
                "rule",
                "remove",
                "example.com",
                "blocked_country",
                "de",
            ],
            "",
            0,
            Some("blocked_country de was removed\n"),
        ),
        (
            &[
                "site",
                "rule",
                "remove",
                "example.com",
                "blocked_country",
                "de",
            ],
            "",
            1,
            Some(""),
        ),
        (
            &["site", "remove", "example.com"],
            "",
            0,
            Some("example.com was removed\n"),
        ),
        (&["site", "remove", "example.com"], "", 1, Some("")),
        (
            &["user", "add", "Ada@x.test"],
            "correct horse\n",
            0,
            Some("ada@x.test was added\n"),
        ),
        (
            &["user", "add", "vic@x.test", "--role", "viewer"],
            "short\n",
            2,
            Some(""),
        ),
        (
            &["user", "set-password", "ada@x.test"],
            "another horse",
            0,
            None,
        ),
        (&["user", "list"], "", 0, Some("ada@x.test\tadmin\n")),
        (&["user", "remove", "ada@x.test"], "", 1, Some("")),
        (
            &["api-key", "create", "report", "--owner", "Ada@x.test"],
            "",
            0,
            None,
        ),
        (
            &["api-key", "create", "x", "--owner", "bob@x.test"],
            "",
            1,
            Some(""),
        ),
        (
            &["api-key", "create", "", "--owner", "ada@x.test"],
            "",
            2,
            Some(""),
        ),
        (
            &[
                "api-key",
                "create",
                "x",
                "--owner",
                "ada@x.test",
                "--scope",
                "x",
            ],
            "",
            2,
            Some(""),
        ),
        (&["api-key", "list"], "", 0, None),
        (
            &["api-key", "revoke", "1"],
            "",
            0,
            Some(
                "key 1 was revoked
",
            ),
        ),
        (&["api-key", "revoke", "1"], "", 1, Some("")),
        (&["api-key", "list"], "", 0, Some("")),
    ] {
        let output = run(folder.path(), arguments, input);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
        if let Some(stdout) = stdout {
            assert_eq!(text(&output.stdout), stdout, "{arguments:?}");
        }
        let errors = stderr.lines().filter(|line| line.starts_with("error: "));
        assert_eq!(
            errors.count(),
            usize::from(code != 0),
            "{arguments:?}: {stderr}"
        );
    }
}

#[test]
fn a_question_is_explained() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let site = "example.com";
    let seed = ["seed", "--site", site, "--days", "3", "--events", "300"];
    for arguments in [&["site", "add", site] as &[_], &seed] {
        let output = run(folder.path(), arguments, "");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    }
    let explain = |more: &[&str]| {
        let arguments = [&["explain", "--site", site], more].concat();
        run(folder.path(), &arguments, "")
    };
    let output = explain(&[
        "--filter",
        "country:is_not:XX",
        "--group",
        "source",
        "--group",
        "time:day",
    ]);
    let printed = text(&output.stdout);
    let of = |name: &str| {
        let line = printed.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("{name} in {printed}")).trim()
    };
    assert!(of("events").parse::<u64>().is_ok_and(|events| events > 100));
    assert!(of("days in rows").parse::<u64>().is_ok_and(|days| days > 0));
    assert_eq!(of("days in blocks"), "0");
    assert!(of("columns").contains("Country, ") && of("took").ends_with("ms"));
    for (arguments, part) in [
        (&["--filter", "page"] as &[_], "three parts"),
        (&["--group", "colour"], "must be a dimension"),
        (&["--metric", "conversion_rate"], "needs a filter"),
        (&["--metric", "users"], "must be one of visitors"),
        (&["--period", "3d"], "must be one of today"),
    ] {
        let output = explain(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let error = text(&output.stderr);
        assert!(error.contains(part), "{arguments:?}: {error}");
    }
}

#[test]
fn what_is_kept_for_a_site_is_managed_from_scripts() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let site = "example.com";
    for (arguments, code, stdout) in [
        (&["add", site] as &[_], 0, "example.com was added\n"),
        (
            &["goal", "add", site, "--page", "/thanks"],
            0,
            "Visit /thanks was added\n",
        ),
        (
            &[
                "goal",
                "add",
                site,
                "--page",
                "/blog/**",
                "--scrolled",
                "75",
                "--name",
                "Read",
            ],
            0,
            "Read was added\n",
        ),
        (
            &[
                "goal",
                "add",
                site,
                "--event",
                "Signup",
                "--where",
                "plan:is:pro",
            ],
            0,
            "Signup where plan = pro was added\n",
        ),
        (&["goal", "add", site, "--page", "thanks"], 2, ""),
        (
            &["goal", "add", site, "--page", "/a", "--event", "b"],
            2,
            "",
        ),
        (&["goal", "add", site], 2, ""),
        (
            &["goal", "add", site, "--event", "a", "--where", "plan"],
            2,
            "",
        ),
        (&["goal", "add", site, "--page", "/thanks"], 1, ""),
        (
            &["goal", "list", site],
            0,
            "Read\tScroll 75% of /blog/**\n\
             Signup where plan = pro\tSignup where plan = pro\n\
             Visit /thanks\tVisit /thanks\n",
        ),
        (
            &[
                "funnel",
                "add",
                site,
                "Buy",
                "--step",
                "page:/",
                "--step",
                "event:Add to basket",
                "--step",
                "goal:Visit /thanks",
                "--within",
                "day",
            ],
            0,
            "Buy was added\n",
        ),
        (&["funnel", "add", site, "a", "--step", "page:/"], 2, ""),
        (
            &[
                "funnel",
                "add",
                site,
                "a",
                "--step",
                "page:/",
                "--step",
                "goal:none",
            ],
            2,
            "",
        ),
        (
            &["funnel", "add", site, "a", "--step", "/", "--step", "/b"],
            2,
            "",
        ),
        (
            &["funnel", "list", site],
            0,
            "Buy\tday\tVisit /\tAdd to basket\tVisit /thanks\n",
        ),
        (&["goal", "remove", site, "Visit /thanks"], 1, ""),
        (&["funnel", "remove", site, "Buy"], 0, "Buy was removed\n"),
        (&["funnel", "remove", site, "Buy"], 1, ""),
        (
            &["goal", "remove", site, "Visit /thanks"],
            0,
            "Visit /thanks was removed\n",
        ),
        (
            &[
                "segment",
                "add",
                site,
                "German",
                "--filter",
                "country:is:DE",
            ],
            0,
            "German was added\n",
        ),
        (&["segment", "add", site, "a", "--filter", "country"], 2, ""),
        (&["segment", "list", site], 0, "German\tCountry is DE\n"),
        (
            &["segment", "remove", site, "German"],
            0,
            "German was removed\n",
        ),
        (
            &[
                "annotation",
                "add",
                site,
                "2026-11-24",
                "Version 2",
                "--time",
                "14:05",
            ],
            0,
            "annotation 1 was added\n",
        ),
        (&["annotation", "add", site, "24.11.2026", "a"], 2, ""),
        (
            &["annotation", "list", site],
            0,
            "1\t2026-11-24T14:05:00Z\tVersion 2\n",
        ),
        (
            &["annotation", "remove", site, "1"],
            0,
            "annotation 1 was removed\n",
        ),
        (&["annotation", "remove", site, "1"], 1, ""),
    ] {
        let arguments: Vec<&str> = std::iter::once("site")
            .chain(arguments.iter().copied())
            .collect();
        let output = run(folder.path(), &arguments, "");
        let error = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
        assert_eq!(text(&output.stdout), stdout, "{arguments:?}: {error}");
    }
}

#[test]
fn a_new_api_key_is_the_only_thing_that_is_printed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let added = run(
        folder.path(),
        &["user", "add", "ada@x.test"],
        "correct horse",
    );
    assert_eq!(added.status.code(), Some(0));
    let arguments = [
        "api-key",
        "create",
        "report",
        "--owner",
        "ada@x.test",
        "--scope",
        "stats:read",
        "--scope",
        "sites:read",
        "--days",
        "7",
    ];
    let made = run(folder.path(), &arguments, "");
    let token = text(&made.stdout).trim_end();
    assert_eq!(token.len(), 67, "{token}");
    let listed = run(folder.path(), &["api-key", "list"], "");
    let listed = text(&listed.stdout);
    let columns: Vec<_> = listed.trim_end().split('\t').collect();
    assert_eq!(
        columns[..4],
        ["1", "report", "ada@x.test", "stats:read,sites:read"]
    );
    assert_eq!((columns.len(), columns[5]), (7, "-"));
    assert!(!listed.contains(&token[3..]), "{listed}");
}
