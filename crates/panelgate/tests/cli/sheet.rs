use crate::past::{happened, offer};
use crate::{House, json};

/// An import whose names a spreadsheet would run or break, and a service made by hand.
const SERVICES: &str = "# What we sell, in Ann's order.\n[[import]]\npanel = \"alpha\"   # all of it\n\n\
    [[service]]\nid = 101\nname = 'By hand' # the best one\ncategory = \"Mine\"\n\
    routes = [ { panel = \"alpha\", service = \"7\" } ]\n# The end.";

fn stocked() -> House {
    let house = House::with_ann();
    house.write("services.toml", SERVICES);
    let offers = [
        ("7", "=HYPERLINK(\"http://evil.example\")"),
        ("8", "Likes; \"real\", fast"),
        ("9", "'-50 % today"),
        ("10", "-1 day"),
    ];
    let offers = offers.map(|(id, name)| offer(id, name, "0.9")).to_vec();
    happened(&house, async |past| past.sync("alpha", "USD", offers).await);
    house
}

fn services(house: &House) -> String {
    std::fs::read_to_string(house.path("services.toml")).expect("read")
}

fn import(house: &House, text: &str, more: &[&str]) -> crate::Ran {
    house.write("sheet", text);
    let file = house.path("sheet");
    let file = file.to_str().expect("UTF-8");
    house.run(&[&["services", "import", file], more].concat())
}

#[test]
fn what_comes_back_as_it_left_changes_nothing() {
    let house = stocked();
    for format in ["csv", "json"] {
        let sheet = ["services", "export", "--format", format];
        let sheet = house.run(&sheet).expect(0);
        let said = import(&house, &sheet, &[]).expect_error(0);
        assert!(said.contains("nothing to change"), "{said}");
        assert_eq!(services(&house), SERVICES);
    }
}

#[test]
fn a_sheet_says_what_is_sold_and_runs_nothing() {
    let house = stocked();
    let csv = house.run(&["services", "export"]).expect(0);
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert_eq!(
        lines[0],
        "service,name,category,min,max,description,sell,panel,offer,type,rate,cost,cost_currency,margin_percent"
    );
    assert_eq!(
        lines[1],
        "101,By hand,Mine,10,5000,,yes,alpha,7,Default,1.08,0.90,USD,20.00"
    );
    assert!(lines[2].starts_with("1001,\"'=HYPERLINK(\"\"http"), "{csv}");
    assert!(lines[4].starts_with("1003,''-50 % today,"), "{csv}");
    assert!(lines[5].starts_with("1004,'-1 day,"), "{csv}");
    let rows = json(
        &house
            .run(&["services", "export", "--format", "json"])
            .expect(0),
    );
    assert_eq!(rows[4]["name"], "-1 day");
    assert_eq!(
        (&rows[4]["sell"], &rows[4]["min"]),
        (&true.into(), &10.into())
    );
}

#[test]
fn edits_are_written_where_an_operator_would_and_nowhere_else() {
    let house = stocked();
    let sheet = "service;name;margin_percent\r\n101;'=By heart;nonsense\r\n";
    let dry = import(&house, sheet, &["--dry-run"]).expect(0);
    assert_eq!(
        dry,
        "service\tkey\twas\tbecomes\n101\tname\tBy hand\t=By heart\n"
    );
    assert_eq!(services(&house), SERVICES);
    import(&house, sheet, &[]).expect(0);
    let expected = SERVICES.replace("'By hand'", "\"=By heart\"");
    assert_eq!(services(&house), expected);
    house.run(&["check"]).expect(0);
}

#[test]
fn what_was_taken_off_can_be_put_on_sale_again() {
    let house = stocked();
    import(&house, "service,sell\n1002,no\n", &[]).expect(0);
    let off = services(&house);
    assert!(off.contains("service = 1002\nsell = false\n"), "{off}");
    let sold = house.run(&["services", "list"]).expect(0);
    assert!(!sold.contains("1002"), "{sold}");
    // It is in the sheet as it is, and comes back as it left.
    let sheet = house.run(&["services", "export"]).expect(0);
    let row = sheet.lines().find(|line| line.starts_with("1002,"));
    assert!(row.expect("a row").contains(",,no,alpha,8,"), "{sheet}");
    import(&house, &sheet, &[]).expect_error(0);
    assert_eq!(services(&house), off);
    let on = sheet.replace(",,no,alpha,8,", ",,yes,alpha,8,");
    import(&house, &on, &[]).expect(0);
    assert_eq!(services(&house), SERVICES);
}

#[test]
fn a_cell_that_takes_nothing_away_changes_nothing() {
    let house = stocked();
    for sheet in [
        "service,name,category,min,max,description\n1002,,,,,\n",
        "service,min,max,description\n101,,,\n",
    ] {
        let said = import(&house, sheet, &[]).expect_error(0);
        assert!(said.contains("nothing to change"), "{said}");
        assert_eq!(services(&house), SERVICES);
    }
    // A limit that no offer takes stays written, with a note; saying it again is no change either.
    let sheet = "service,min\n1002,5\n";
    let ran = import(&house, sheet, &[]);
    let note = "service 1002: min is 10, not 5: its offers take no less";
    assert!(ran.stderr.contains(note), "{}", ran.stderr);
    assert_eq!(
        ran.expect(0),
        "service\tkey\twas\tbecomes\n1002\tmin\t10\t5\n"
    );
    let said = import(&house, sheet, &[]).expect_error(0);
    assert!(said.contains("nothing to change"), "{said}");
}

#[test]
fn an_override_that_says_something_else_stays_where_it_is() {
    let house = stocked();
    let known = "# Ann's.\n[[override]]\nservice = 1002\nname = \"Known\"\n\n";
    house.write("services.toml", &format!("{known}{SERVICES}"));
    import(&house, "service,name,max\n1002,,50\n", &[]).expect(0);
    let known = known.replace("name = \"Known\"", "max = 50");
    assert_eq!(services(&house), format!("{known}{SERVICES}"));
}

#[test]
fn what_would_not_be_valid_is_not_written() {
    let house = stocked();
    for (sheet, said) in [
        (
            "service,name\n101,\n",
            "line 2: service 101 is made by hand: it needs a name",
        ),
        ("service,name\n5,x\n", "line 2: there is no service 5"),
        (
            "service,name\n101,x\n101,y\n",
            "line 3: service 101 is here twice",
        ),
        ("service,nam\n101,x\n", "line 1: there is no column `nam`"),
        ("service,min\n101,many\n", "line 2: `many` is no min"),
        (
            "service,sell\n101,no\n",
            "line 2: service 101 is made by hand: take it out",
        ),
        (
            "service,name\n101,x,y\n",
            "line 2: 3 cells under 2 headings",
        ),
        (
            "[{\"service\": 101, \"sell\": 7}]",
            "object 1: `7` under `sell`",
        ),
        ("[{\"service\": 101", "line 1: expected an array"),
        (
            "service,max\n1001,9\n",
            "line 2: max 9 is under min 10: no quantity is left",
        ),
        (
            "service,min,max\n1001,3,7\n",
            "line 2: min and max leave no quantity that the offers of service 1001 take",
        ),
        (
            "service,max\n1001,2147483648\n",
            "line 2: `2147483648` is no max",
        ),
        (
            "service,category\n1001,x\n101, \n",
            "line 3: service 101 is made by hand: it needs a category",
        ),
    ] {
        let wrong = import(&house, sheet, &[]).expect_error(1);
        assert!(wrong.contains(said), "{wrong}");
    }
    assert_eq!(services(&house), SERVICES);
}

#[test]
fn files_that_an_import_cannot_read_or_edit_are_refused_with_a_mend() {
    let house = stocked();
    let file = house.path("latin");
    std::fs::write(&file, b"service,name\n1001,F\xfcr Fans\n").expect("written");
    let file = file.to_str().expect("UTF-8");
    let wrong = house.run(&["services", "import", file]).expect_error(1);
    assert!(wrong.contains("save it as \"CSV UTF-8\""), "{wrong}");
    let inline = "override = [ { service = 1001, name = \"x\" } ]\n[[import]]\npanel = \"alpha\"\n";
    house.write("services.toml", inline);
    let wrong = import(&house, "service,name\n1001,y\n", &[]).expect_error(1);
    assert!(
        wrong.contains("write [[override]] and its keys below it"),
        "{wrong}"
    );
    assert_eq!(services(&house), inline);
}
