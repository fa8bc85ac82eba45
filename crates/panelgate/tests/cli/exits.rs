use crate::{House, Ran, panelgate};

#[test]
fn wrong_use_is_2() {
    let house = House::new();
    for args in [
        &["nonsense"][..],
        &["customer"],
        &["customer", "topup", "ann"],
        &["orders", "list", "--state", "lost"],
        &["sim"],
    ] {
        house.run(args).expect_error(2);
    }
}

#[test]
fn a_bad_configuration_is_78_for_every_command_and_names_all_that_is_wrong() {
    let house = House::new();
    house.write("markup.toml", "[default]\nprecent = \"20\"\nfixed = 1\n");
    house.write("services.toml", "[[import]]\npanel = \"beta\"\n");
    for args in [
        &["check"][..],
        &["verify"],
        &["customer", "list"],
        &["orders", "list"],
    ] {
        let error = house.run(args).expect_error(78);
        for part in [
            "markup.toml:2:1",
            "did you mean `percent`?",
            "markup.toml:3:9",
            "put it in quotes",
            "services.toml:2:9",
            "there are: alpha",
        ] {
            assert!(error.contains(part), "`{part}` is not in:\n{error}");
        }
        assert!(!error.contains('\u{1b}'), "a pipe gets no colours");
    }
}

#[test]
fn check_reads_the_keys_and_other_commands_do_not() {
    let house = House::with_ann();
    let valid = house.run(&["check"]).expect(0);
    assert!(
        valid.contains("is valid: 1 panel, 0 rules, 1 import"),
        "{valid}"
    );
    std::fs::remove_file(house.path("alpha.key")).expect("removed");
    let error = house.run(&["check"]).expect_error(78);
    assert!(
        error.contains("panelgate.toml:4:16") && error.contains("alpha.key"),
        "{error}"
    );
    house.run(&["customer", "list"]).expect(0);
}

#[test]
fn without_a_configuration_it_is_78() {
    let mut command = panelgate();
    let folder = tempfile::tempdir().expect("a folder");
    command.current_dir(folder.path()).arg("check");
    let ran = Ran::from(command.output().expect("ran"));
    assert!(ran.expect_error(78).contains("config/panelgate.toml"));
}

#[test]
fn an_unreachable_store_is_69() {
    let house = House::new();
    let error = house.run(&["customer", "list"]).expect_error(69);
    assert!(error.contains("there is no store"), "{error}");
    std::fs::create_dir_all(house.store()).expect("a folder in its place");
    house.run(&["customer", "list"]).expect_error(69);
    house.run(&["customer", "add", "ann"]).expect_error(69);
}

#[test]
fn other_currencies_than_the_books_are_78() {
    let house = House::with_ann();
    let panels = std::fs::read_to_string(house.path("panelgate.toml")).expect("read");
    house.write(
        "panelgate.toml",
        &format!("[money]\ncurrency = \"EUR\"\n{panels}"),
    );
    let error = house.run(&["customer", "list"]).expect_error(78);
    assert!(error.contains("kept in USD"), "{error}");
}

#[test]
fn what_is_not_there_is_1() {
    let house = House::with_ann();
    house.run(&["orders", "show", "7"]).expect_error(1);
    house
        .run(&["orders", "list", "--customer", "bob"])
        .expect_error(1);
    assert_eq!(house.run(&["orders", "list", "--json"]).expect(0), "[]\n");
}

#[test]
fn a_refund_is_nothing_or_more() {
    let house = House::with_ann();
    let line = ["orders", "settle", "1", "--reason", "x", "--refund=-1"];
    let error = house.run(&line).expect_error(2);
    assert!(error.contains("a refund is nothing or more"), "{error}");
}
