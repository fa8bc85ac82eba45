use std::collections::BTreeSet;

use crate::{House, json};

#[test]
fn issue_prints_the_key_and_a_newline() {
    let house = House::with_ann();
    let mut prefixes = BTreeSet::new();
    for _ in 0..3 {
        let ran = house.run(&["key", "issue", "ann", "--label", "shop"]);
        assert_eq!(ran.stderr, "");
        let printed = ran.expect(0);
        let key = printed.strip_suffix('\n').expect("a newline at the end");
        assert_eq!(key.len(), 40);
        assert!(
            key.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            "{key}"
        );
        prefixes.insert(key[..8].to_owned());
        let files = ["data/panelgate.db", "data/panelgate.db-wal"].map(|name| house.path(name));
        for file in files.iter().filter(|file| crate::exists(file)) {
            let bytes = std::fs::read(file).expect("read");
            let kept = bytes.windows(40).any(|window| window == key.as_bytes());
            assert!(!kept, "the key itself is in the store");
        }
    }
    let listed = json(&house.run(&["key", "list", "ann", "--json"]).expect(0));
    let listed = listed.as_array().expect("an array").iter();
    let listed: BTreeSet<String> = listed
        .map(|key| key["prefix"].as_str().expect("text").to_owned())
        .collect();
    assert_eq!(listed, prefixes);
}

#[test]
fn a_revoked_key_stays_on_the_list() {
    let house = House::with_ann();
    let key = house.run(&["key", "issue", "ann"]).expect(0);
    house.run(&["key", "revoke", &key[..8]]).expect(0);
    let listed = json(&house.run(&["key", "list", "ann", "--json"]).expect(0));
    assert!(listed[0]["revoked"].is_string());
    house.run(&["key", "revoke", "nothing0"]).expect_error(1);
    house.run(&["key", "issue", "bob"]).expect_error(1);
}

#[test]
fn keys_of_old_panels_are_taken_over_and_clashes_name_their_line() {
    let house = House::with_ann();
    let import = |text: &str| house.run_with(&["key", "import", "ann", "--stdin"], text);
    assert_eq!(
        import("XXXXXXXX.YYYY-Z*\r\n\nabcdefgh12345678\n").expect(0),
        "2 keys imported\n"
    );
    assert_eq!(import("abcdefgh12345678\n").expect(0), "1 key imported\n");
    let error = import("qwertyui12345678\nabcdefgh23456789\n").expect_error(1);
    assert!(
        error.contains("line 2: ") && error.contains("abcdefgh"),
        "{error}"
    );
    assert!(
        !error.contains("abcdefgh2"),
        "keys are not repeated: {error}"
    );
    import("fifteen-letters\n").expect_error(1);
    house.run(&["key", "import", "ann"]).expect_error(2);
}
