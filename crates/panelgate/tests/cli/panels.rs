use std::io::{BufRead, BufReader, Read};

use panelgate_store::sqlite::{Options, Role, SqliteStore};

use crate::{House, Ran, json, panelgate};

fn state(house: &House) -> String {
    let rows = json(&house.run(&["panels", "list", "--json"]).expect(0));
    rows[0]["state"].as_str().expect("text").to_owned()
}

#[test]
fn to_look_makes_no_store() {
    let house = House::new();
    assert_eq!(state(&house), "no server");
    assert!(!crate::exists(&house.store()));
}

#[test]
fn pauses_are_kept_and_seen() {
    let house = House::with_ann();
    house.run(&["panels", "pause", "alpha"]).expect(0);
    assert_eq!(state(&house), "paused, no server");
    house.run(&["pause"]).expect(0);
    assert_eq!(state(&house), "all paused, paused, no server");
    house.run(&["panels", "resume", "alpha"]).expect(0);
    assert_eq!(state(&house), "all paused, no server");
    house.run(&["resume"]).expect(0);
    assert_eq!(state(&house), "no server");
}

/// A server that starts or stops holds the store and does not answer yet, or any more.
#[test]
fn a_pause_waits_for_a_server_that_does_not_answer() {
    let house = House::with_ann();
    let server = SqliteStore::open(&house.store(), Role::Serve, Options::default());
    let server = server.expect("opened");
    let mut command = panelgate();
    command.args(["panels", "pause", "alpha", "--config"]);
    let mut child = command
        .arg(house.path("panelgate.toml"))
        .spawn()
        .expect("started");
    let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
    let mut said = String::new();
    stderr.read_line(&mut said).expect("a line");
    assert!(said.contains("waiting for the server"), "{said}");
    assert_eq!(child.try_wait().expect("a child"), None);
    assert_eq!(state(&house), "no server");

    tokio::runtime::Runtime::new()
        .expect("a runtime")
        .block_on(server.close());
    Ran::from(child.wait_with_output().expect("ended")).expect(0);
    stderr.read_to_string(&mut said).expect("read");
    assert_eq!(state(&house), "paused, no server", "{said}");
}

#[test]
fn only_panels_that_are_there_have_orders_to_resolve() {
    let house = House::with_ann();
    let times = [
        "--from",
        "2026-11-20T08:00:00Z",
        "--to",
        "2026-11-20T09:00:00Z",
    ];
    let resolve = |panel| {
        let line = [
            "orders",
            "resolve",
            "--not-placed",
            "--reason",
            "gone",
            "--panel",
            panel,
        ];
        house.run(&[&line[..], &times].concat())
    };
    let error = resolve("alhpa").expect_error(1);
    assert!(
        error.contains("there is no panel `alhpa`: did you mean `alpha`?"),
        "{error}"
    );
    resolve("alpha").expect(0);
}
