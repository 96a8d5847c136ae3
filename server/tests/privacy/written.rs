//! The canary test: requests full of what could identify a person, on every path there is, and then a search through
//! every file that anybody wrote.

use super::{
    canaries::{self, Scanner, V4, V6},
    database::Database,
    program::{Answer, Connection, Folders, Program, Request},
};

const EVENTS: usize = 1_000;

fn event(name: &str, number: usize) -> String {
    format!(
        r#"{{"n":"{name}","u":"https://u:canary-secret@example.com/a/{}?email=canary@example.test&q=canary-query#canary-fragment","d":"example.com","r":"https://blog.test/p?email=canary@example.test","e":12000,"sd":50,"p":{{"plan":"pro","mail":"canary@example.test"}}}}"#,
        number % 50
    )
}

#[test]
fn nothing_that_could_identify_is_written_anywhere_on_sqlite() {
    let folders = Folders::new();
    let database = Database::sqlite(&folders.data());
    run(&folders, &database);
}

#[test]
fn nothing_that_could_identify_is_written_anywhere_on_postgres() {
    let folders = Folders::new();
    if let Some(database) = Database::postgres() {
        run(&folders, &database);
    }
}

fn run(folders: &Folders, database: &Database) {
    let url = database.url();
    let mut logs = Vec::new();
    for (arguments, input) in [
        (&["migrate"] as &[_], ""),
        (&["site", "add", "example.com"], ""),
        (&["site", "add", "seeded.example"], ""),
        (&["user", "add", "ada@x.test"], "canary-password\n"),
        (
            &[
                "seed",
                "--site",
                "seeded.example",
                "--days",
                "2",
                "--events",
                "100",
            ],
            "",
        ),
    ] {
        let output = folders.run(&url, arguments, input);
        logs.extend([output.stdout, output.stderr]);
    }

    let program = Program::start(folders, &url);
    accepted(&program);
    // The limit of the rate is used up; a program that was just started knows nothing of it.
    logs.push(program.stop());
    let program = Program::start(folders, &url);
    refused(&program);
    let headers = log_in(&program);
    test_visit(&program, &headers);
    let secrets = share_link(&program, &headers);
    failing(&program, database);
    logs.push(program.kill());

    let program = Program::start(folders, &url);
    let addresses = [V4.to_string(), V6.to_string()];
    for from in &addresses {
        assert_eq!(
            program.post("/api/event", from, event("pageview", 1).as_bytes()),
            202
        );
    }
    database.back_up(&folders.data());
    let keys = std::fs::read_to_string(folders.key_file()).expect("a key file");
    logs.push(program.stop());

    let mut looked_for = canaries::of_requests();
    looked_for.extend(canaries::of_keys(&keys));
    looked_for.extend(canaries::of_link(&secrets));
    let scanner = Scanner::new(looked_for);
    let mut written = canaries::files(folders.root());
    if let Database::Postgres(cluster) = database {
        written.extend(canaries::files(cluster.folder()));
    }
    let has = |bytes: &[u8]| {
        let scanner = Scanner::new(vec![canaries::Canary {
            name: "the event".into(),
            bytes: bytes.to_vec(),
        }]);
        written
            .iter()
            .filter(|(_, content)| !scanner.find(content).is_empty())
            .count()
    };
    assert!(
        has(b"blog.test/p") >= 2,
        "the events are in database and copy: the search is not in vain"
    );
    written.extend(logs.into_iter().map(|log| ("a log".into(), log)));
    for (path, content) in &written {
        let found = scanner.find(content);
        assert!(found.is_empty(), "{} holds {found:?}", path.display());
    }
    only_keys_are_in_memory_files(folders);
}

/// Many visitors of a few networks, more than their limits let through.
fn accepted(program: &Program) {
    let (mut stored, mut limited) = (0, 0);
    for batch in 0..8 {
        let mut connection = Connection::open(program);
        for number in 0..EVENTS / 8 {
            let from = match number % 3 {
                0 => V6.to_string(),
                1 => V4.to_string(),
                _ => format!("203.0.113.{}", number % 256),
            };
            let name = ["pageview", "engagement", "Signup"][number % 3];
            let body = event(name, batch * 1_000 + number);
            let user_agent = format!("{} {number}", super::canaries::USER_AGENT);
            let request = Request {
                from: &from,
                user_agent: &user_agent,
                ..Request::post("/api/event", body.as_bytes())
            };
            let status = connection.send(&request).status;
            match status {
                202 => stored += 1,
                429 => limited += 1,
                other => panic!("answered {other}"),
            }
        }
    }
    assert!(
        stored > 50 && limited > 0,
        "{stored} were taken, {limited} limited"
    );
}

fn refused(program: &Program) {
    for from in [V4.to_string(), V6.to_string()] {
        let good = event("pageview", 1);
        let unknown = good.replace("\"example.com\"", "\"other.test\"");
        let broken = good.replace("https://u", "data:u");
        let long = vec![b' '; 70_000];
        for (path, body, expected) in [
            ("/api/event", unknown.as_bytes(), 202),
            ("/api/event", broken.as_bytes(), 400),
            ("/api/event", b"{\"n\": canary@example.test", 400),
            ("/api/event", &long, 413),
            ("/api/event?q=canary-query", b"\xff\xfe canary-query", 400),
            (
                "/api/app/log_in",
                b"email=guess@login.test&password=canary-secret",
                303,
            ),
            ("/api/app/nothing?q=canary-query", b"canary-query", 404),
        ] {
            assert_eq!(program.post(path, &from, body), expected, "{path}");
        }
        for (user_agent, headers) in [
            ("curl/8.5.0 Canary5f1d", ""),
            (super::canaries::USER_AGENT, "DNT: 1\r\n"),
        ] {
            let request = Request {
                from: &from,
                user_agent,
                headers,
                ..Request::post("/api/event", good.as_bytes())
            };
            let answer = program.send(&request);
            assert_eq!(answer.status, 202);
            assert!(
                answer.head.contains("x-trackflow-dropped"),
                "{}",
                answer.head
            );
        }
        let get = Request {
            method: "GET",
            ..Request::post("/nowhere?email=canary@example.test", b"")
        };
        assert_eq!(program.send(&get).status, 404);
    }
}

/// The headers of a request of somebody who is signed in.
fn log_in(program: &Program) -> String {
    let form = b"email=ada@x.test&password=canary-password&next=/sites";
    let origin = format!("Origin: http://{}\r\n", program.address);
    let log_in = Request {
        headers: &origin,
        ..Request::post("/api/app/log_in", form)
    };
    let session = cookie(&program.send(&log_in)).expect("a session");
    format!("{origin}Cookie: {session}; a=canary-cookie\r\n")
}

/// The pair of the cookie that an answer sets.
fn cookie(answer: &Answer) -> Option<String> {
    let value = answer.header("set-cookie")?;
    value.split(';').next().map(str::to_owned)
}

/// The privacy page's own visit goes the same way.
fn test_visit(program: &Program, headers: &str) {
    let send = Request {
        headers,
        ..Request::post("/api/app/send_test_visit", b"domain=example.com")
    };
    let answer = program.send(&send);
    assert!(answer.head.contains("privacy?sent=1"), "{}", answer.head);
}

/// A secret link is made, read, and its password guessed. Gives its token and what a browser keeps for the password.
fn share_link(program: &Program, headers: &str) -> [String; 2] {
    let post = |path: &str, form: &str| {
        program.send(&Request {
            headers,
            ..Request::post(path, form.as_bytes())
        })
    };
    let get = |path: &str, headers: &str| {
        let get = Request {
            method: "GET",
            headers,
            ..Request::post(path, b"")
        };
        program.send(&get).status
    };
    let secret_of = |answer: Answer| {
        let pair = cookie(&answer).unwrap_or_else(|| panic!("no cookie: {}", answer.head));
        let (_, value) = pair.split_once('=').expect("a pair");
        value.to_owned()
    };
    let form = "domain=example.com&name=Agency&password=canary-password&life_days=30";
    let token = secret_of(post("/api/app/create_share_link", form));
    let unlock = |password: &str| {
        let form = format!("token={token}&password={password}");
        post("/api/app/open_share_link", &form)
    };
    assert_eq!(cookie(&unlock("canary-secret")), None);
    let pass = secret_of(unlock("canary-password"));
    let open = format!("Cookie: trackflow-share={pass}\r\n");
    for (path, headers, expected) in [
        ("", "", 200),
        ("", &open, 200),
        ("/page?search=canary-query", &open, 200),
        ("/nothing", &open, 404),
        ("0?q=canary-query", "", 404),
    ] {
        let path = format!("/share/{token}{path}");
        assert_eq!(get(&path, headers), expected, "{path}");
    }
    [token, pass]
}

/// The database refuses, is locked, is away.
fn failing(program: &Program, database: &Database) {
    let from = V4.to_string();
    let body = event("pageview", 1);
    database.break_events();
    assert_eq!(
        program.post("/api/event", &from, body.as_bytes()),
        503,
        "refused by the database"
    );
    database.mend();

    let lock = database.lock();
    let status = program.post("/api/event", &from, body.as_bytes());
    let expected = match database {
        Database::Sqlite { .. } => 503,
        Database::Postgres(_) => 202,
    };
    assert_eq!(status, expected, "locked");
    lock.join().unwrap();

    if let Database::Postgres(cluster) = database {
        cluster.halt();
        assert_eq!(
            program.post("/api/event", &from, body.as_bytes()),
            503,
            "away"
        );
        cluster.resume();
    }
    assert_eq!(
        program.post("/api/event", &from, body.as_bytes()),
        202,
        "all is well again"
    );
}

/// The key file holds keys, the time of the last destruction, and nothing else; no other file is beside it.
fn only_keys_are_in_memory_files(folders: &Folders) {
    let files = canaries::files(folders.memory());
    let scanner = Scanner::new(canaries::of_requests());
    assert_eq!(files.len(), 1);
    for (path, content) in &files {
        assert_eq!(*path, folders.key_file());
        assert!(scanner.find(content).is_empty());
        let text = String::from_utf8(content.clone()).unwrap();
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("trackflow visitor keys 1"));
        for line in lines {
            let columns: Vec<_> = line.split('\t').collect();
            let is_key = columns.len() == 5 && columns[4].len() == 64;
            let is_time = columns.len() == 2 && columns[0] == "destroyed";
            assert!(
                is_key || is_time,
                "the key file holds {} columns",
                columns.len()
            );
        }
    }
}
