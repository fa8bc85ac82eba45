//! A list that is edited in a spreadsheet while the gateway sells from it: out, changed, in, and sold as it was written.

mod support;

use std::process::Output;

use panelgate_simpanel::{SimCatalogue, SimPanel};
use serde_json::{Value, json};
use support::{Files, Gateway, panel, until};

/// As an operator writes it: comments, an order of its own, an override by offer, and a service made by hand.
const SERVICES: &str = "# What we sell.\n\
    [[service]]\nid = 101 # never changes\nname = 'By hand'\ncategory = \"Mine\"\nmin = 1_00 # not less\n\
    routes = [ { panel = \"alpha\", service = \"1\" } ]\n\n\
    # Ann asked for this one.\n[[override]]\npanel = \"alpha\"\noffer = \"2\"\nname = \"Known\" # for years\nmax = 500\n\n\
    [[import]] # the rest\npanel = \"alpha\"\n# The end.\n";

/// Names that a spreadsheet would run, or break a line at.
const NAMES: [&str; 4] = [
    "Followers",
    "Likes",
    "=HYPERLINK(\"http://evil.example\";\"x\")",
    "-50 % 🔥\r\n\"real\", fast",
];

async fn shop() -> (SimPanel, Gateway, String) {
    let panel = panel().await;
    let entries = (1..).zip(NAMES).map(|(id, name)| {
        json!({
            "service": id, "name": name, "type": "Default", "category": "Tests", "rate": "1",
            "min": "10", "max": "1000", "dripfeed": false, "refill": true, "cancel": true,
        })
    });
    let text = Value::from(entries.collect::<Vec<_>>()).to_string();
    panel
        .set_catalogue(&SimCatalogue::Json(text))
        .expect("a list");
    let files = Files {
        services: SERVICES.to_owned(),
        ..Files::default()
    };
    let gateway = Gateway::start(&[("alpha", &panel)], files);
    let key = gateway.customer("ann", "100");
    assert_eq!(gateway.services(&key).await.len(), 5);
    (panel, gateway, key)
}

fn written(gateway: &Gateway) -> String {
    std::fs::read_to_string(gateway.path("services.toml")).expect("read")
}

fn export(gateway: &Gateway) -> String {
    gateway.run(&["services", "export"])
}

fn import(gateway: &Gateway, sheet: &str, more: &[&str]) -> Output {
    let file = gateway.path("sheet.csv");
    std::fs::write(&file, sheet).expect("written");
    let file = file.to_str().expect("UTF-8");
    gateway.output(&[&["services", "import", file], more].concat())
}

#[track_caller]
fn imported(gateway: &Gateway, sheet: &str, more: &[&str]) -> String {
    let output = import(gateway, sheet, more);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The sheet with other cells in the place of those that a row begins with.
#[track_caller]
fn edited(sheet: &str, edits: &[(&str, &str)]) -> String {
    let mut sheet = sheet.to_owned();
    for (from, to) in edits {
        assert_eq!(sheet.matches(from).count(), 1, "{from} in {sheet}");
        sheet = sheet.replace(from, to);
    }
    sheet
}

async fn until_sold(gateway: &Gateway, key: &str, expected: &[(u64, &str, &str, &str)]) {
    until("the sheet is sold", || async {
        let list = gateway.services(key).await;
        let text = |entry: &Value, field: &str| entry[field].as_str().map(str::to_owned);
        let sold: Vec<_> = list
            .iter()
            .map(|entry| {
                let id = entry["service"].as_u64();
                let field = |name| text(entry, name);
                (id, field("name"), field("min"), field("max"))
            })
            .collect();
        let own = |text: &str| Some(text.to_owned());
        let expected: Vec<_> = expected
            .iter()
            .map(|(id, name, min, max)| (Some(*id), own(name), own(min), own(max)))
            .collect();
        (sold == expected).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_goes_out_is_edited_and_is_sold_as_it_came_back() {
    let (_panel, gateway, key) = shop().await;
    let sheet = export(&gateway);
    assert_eq!(imported(&gateway, &sheet, &[]), "");
    assert_eq!(written(&gateway), SERVICES);
    let edits = [
        (
            "101,By hand,Mine,100,1000,,",
            "101,Best ü,Mine,200,1000,\"Slow, but sure\",",
        ),
        (
            "1001,Followers,Tests,10,1000,,yes",
            "1001,'+1 Fans,Tests,20,1000,Quick,yes",
        ),
        (
            ",Tests,10,1000,,yes,alpha,3,",
            ",Tests,10,1000,,no,alpha,3,",
        ),
    ];
    let sheet = edited(&sheet, &edits);
    let changes = "service\tkey\twas\tbecomes\n\
        101\tname\tBy hand\tBest ü\n101\tdescription\t\tSlow, but sure\n101\tmin\t100\t200\n\
        1001\tname\tFollowers\t+1 Fans\n1001\tdescription\t\tQuick\n1001\tmin\t10\t20\n\
        1003\tsell\tyes\tno\n";
    assert_eq!(imported(&gateway, &sheet, &["--dry-run"]), changes);
    assert_eq!(written(&gateway), SERVICES);
    assert_eq!(imported(&gateway, &sheet, &[]), changes);
    let by_hand = SERVICES
        .replace("'By hand'", "\"Best ü\"")
        .replace("min = 1_00 # not less", "min = 200 # not less")
        .replace(
            "\"1\" } ]\n",
            "\"1\" } ]\ndescription = \"Slow, but sure\"\n",
        );
    let (body, end) = by_hand.split_at(by_hand.find("# The end.").expect("there"));
    let overrides = "\n[[override]]\nservice = 1001\nname = \"+1 Fans\"\ndescription = \"Quick\"\nmin = 20\n\
        \n[[override]]\nservice = 1003\nsell = false\n";
    assert_eq!(written(&gateway), format!("{body}{overrides}{end}"));

    // The running server takes it over by itself, and its list is the one that commands tell.
    let odd = NAMES[3].replace("\r\n", " ");
    let sold = [
        (101, "Best ü", "200", "1000"),
        (1001, "+1 Fans", "20", "1000"),
        (1002, "Known", "10", "500"),
        (1004, odd.as_str(), "10", "1000"),
    ];
    until_sold(&gateway, &key, &sold).await;
    let listed = gateway.run(&["services", "list", "--json"]);
    let listed: Vec<Value> = serde_json::from_str(&listed).expect("JSON");
    let names: Vec<_> = listed.iter().map(|row| row["name"].as_str()).collect();
    let expected = sold.map(|(_, name, ..)| Some(name));
    assert_eq!(names, expected);
    assert_eq!(listed[1]["description"], "Quick");

    // Empty cells take back what they say, and only that: by a reload, for who does not want to wait.
    let sheet = export(&gateway);
    let edits = [
        ("1001,'+1 Fans,Tests,20,1000,Quick,", "1001,,Tests,,1000,,"),
        ("1002,Known,Tests,10,500,", "1002,,Tests,10,500,"),
        (",no,alpha,3,", ",yes,alpha,3,"),
    ];
    imported(&gateway, &edited(&sheet, &edits), &[]);
    let text = written(&gateway);
    assert_eq!(text, by_hand.replace("name = \"Known\" # for years\n", ""));
    gateway.run(&["reload"]);
    let sold = [
        (101, "Best ü", "200", "1000"),
        (1001, "Followers", "10", "1000"),
        (1002, "Likes", "10", "500"),
        (1003, NAMES[2], "10", "1000"),
        (1004, odd.as_str(), "10", "1000"),
    ];
    until_sold(&gateway, &key, &sold).await;
    let sheet = export(&gateway);
    assert_eq!(imported(&gateway, &sheet, &[]), "");
    assert_eq!(written(&gateway), text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cell_that_would_break_the_configuration_is_refused_at_its_row() {
    let (_panel, gateway, key) = shop().await;
    let sheet = export(&gateway);
    for (from, to, said) in [
        (
            "101,By hand,Mine,100,1000,",
            "101,By hand,Mine,100,99,",
            "line 2: max 99 is under min 100",
        ),
        (
            "101,By hand,",
            "101, ,",
            "line 2: service 101 is made by hand: it needs a name",
        ),
        (
            "1001,Followers,Tests,10,",
            "1001,Followers,Tests,0,",
            "line 3: `0` is no min",
        ),
        (
            "1001,Followers,Tests,10,1000,",
            "1001,Followers,Tests,1,5,",
            "line 3: min and max leave no quantity",
        ),
        (
            "1002,Known,Tests,10,500,,yes",
            "1002,Known,Tests,10,500,,perhaps",
            "line 4: `perhaps` under `sell`",
        ),
    ] {
        let output = import(&gateway, &edited(&sheet, &[(from, to)]), &[]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(told.contains(said), "{told}");
        assert_eq!(written(&gateway), SERVICES);
    }
    assert_eq!(gateway.services(&key).await.len(), 5);
}
