//! Secrets that would be recognised anywhere, a gateway that says as much as it can while everything goes wrong, and a search
//! through all that it has said and written.

#[path = "../support/mod.rs"]
mod support;

mod search;

use std::io::Write;
use std::process::{Command, Output, Stdio};

use panelgate_simpanel::{ActionName, Fault, FaultRule, SimPanel, SimSettings};
use support::{Client, Files, Gateway, panel_with};

/// With marks that every encoding writes in its own way.
const ALPHA: &str = "Can4ry/Alpha+'Key\"&<3>=0123456789";
/// Letters and digits, as most keys are.
const BETA: &str = "Can4ryBetaKey0123456789abcdef";
/// What beta wants, and we do not have.
const BETA_WANTS: &str = "Can4ryThatBetaWants0123456789";
const IMPORTED: &str = "Can4ryOfACustomer-0123456789";
/// Nobody's.
const WRONG: &str = "Can4ryThatIsWrong0123456789";
/// No secret: a search that does not find it is worth nothing.
const LINK: &str = "https://example.com/Can4ryLink0123456789";

/// How panels may repeat a key in a JSON text.
fn echoes(key: &str) -> Vec<String> {
    let json = serde_json::to_string(key).expect("text");
    let plain = json.trim_matches('"').to_owned();
    let form: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
    let unicode = key.chars().map(|c| match c {
        c if c.is_ascii_alphanumeric() => c.to_string(),
        c => format!("\\u{:04x}", u32::from(c)),
    });
    let swapped = key.chars().map(|c| match c {
        c if c.is_ascii_lowercase() => c.to_ascii_uppercase(),
        c => c.to_ascii_lowercase(),
    });
    let swapped: String = swapped.collect();
    vec![
        plain.clone(),
        plain.replace('/', "\\/"),
        unicode.collect(),
        form.to_lowercase(),
        form,
        swapped.replace('"', "\\\""),
        base64(key),
        base64(&format!("key={key}&action=add")),
        key.bytes().map(|byte| format!("{byte:02x}")).collect(),
    ]
}

fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letters = text.as_bytes().chunks(3).flat_map(|three| {
        let bytes = [0, 1, 2].map(|at| u32::from(three.get(at).copied().unwrap_or(0)));
        let bits = bytes[0] << 16 | bytes[1] << 8 | bytes[2];
        let letter = move |at: usize| {
            let value = bits >> (18 - 6 * at) & 63;
            char::from(LETTERS[usize::try_from(value).expect("below 64")])
        };
        (0..=three.len()).map(letter)
    });
    letters.collect()
}

struct Shop {
    alpha: SimPanel,
    _beta: SimPanel,
    gateway: Gateway,
    issued: String,
    /// All that was answered or printed, but for the one time that a key is shown.
    said: Vec<u8>,
}

impl Shop {
    async fn open() -> Self {
        let with = |key: &str| SimSettings {
            key: key.to_owned(),
            ..SimSettings::default()
        };
        let alpha = panel_with(with(ALPHA)).await;
        let beta = panel_with(with(BETA_WANTS)).await;
        let mut files = Files {
            main: "[orders]\nadd_wait = \"100ms\"\nroute_wait = \"50ms\"\n".to_owned(),
            ..Files::default()
        };
        files.panels += "back_off = \"20ms\"\n";
        let mut gateway = Gateway::prepare(&[("alpha", &alpha), ("beta", &beta)], files);
        std::fs::write(gateway.path("alpha.key"), ALPHA).expect("written");
        let path = gateway.path("panelgate.toml");
        let main = std::fs::read_to_string(&path).expect("read");
        let main = main.replace("{ file = \"beta.key\" }", "{ env = \"BETA_KEY\" }");
        std::fs::write(&path, main).expect("written");
        gateway.serve_under(&format!(
            "export PANELGATE_LOG=trace BETA_KEY={BETA}; mkfifo \"$1.pipe\"; tee \"$1.log\" < \"$1.pipe\" >&2 & exec > \"$1.pipe\" 2>&1;"
        ));
        let issued = gateway.customer("ann", "1000");
        let mut shop = Self {
            alpha,
            _beta: beta,
            gateway,
            issued,
            said: Vec::new(),
        };
        shop.import();
        shop.gateway.services(&shop.issued).await;
        shop
    }

    fn import(&mut self) {
        let mut command = self.command(&["key", "import", "ann", "--stdin"]);
        command.stdin(Stdio::piped());
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("started");
        let mut stdin = child.stdin.take().expect("piped");
        stdin.write_all(IMPORTED.as_bytes()).expect("written");
        drop(stdin);
        let output = child.wait_with_output().expect("ended");
        assert!(output.status.success(), "{output:?}");
        self.keep(output);
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.gateway.command(arguments);
        command.env("BETA_KEY", BETA).env("PANELGATE_LOG", "trace");
        command
    }

    fn run(&mut self, arguments: &[&str]) {
        let output = self.command(arguments).output().expect("started");
        self.keep(output);
    }

    fn keep(&mut self, output: Output) {
        self.said.extend(output.stdout);
        self.said.extend(output.stderr);
    }

    async fn ask(&mut self, key: &str, action: &str, parameters: &[(&str, &str)]) {
        let mut form = vec![("key", key), ("action", action)];
        form.extend(parameters);
        // No answer is one too.
        let answer = Client::default().post(self.gateway.url(), &form).await;
        self.said
            .extend(answer.unwrap_or_else(|error| error).bytes());
    }

    /// Asks until the panel has been asked.
    async fn ask_through(&mut self, fault: Fault, action: ActionName, asked: &[(&str, &str)]) {
        self.alpha.clear_faults();
        self.alpha.plan(FaultRule::always(fault).on(action));
        let before = self.alpha.books().count(action);
        let (key, name) = (self.issued.clone(), name(action));
        for _ in 0..200 {
            self.ask(&key, name, asked).await;
            let reached = self.alpha.until(|books| books.count(action) > before);
            let patience = std::time::Duration::from_millis(100);
            if tokio::time::timeout(patience, reached).await.is_ok() {
                return;
            }
        }
        panic!("the panel was never asked for {name}");
    }
}

fn name(action: ActionName) -> &'static str {
    match action {
        ActionName::Status => "status",
        ActionName::Refill => "refill",
        ActionName::Cancel => "cancel",
        _ => "add",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_said_or_written_whatever_goes_wrong() {
    let mut shop = Shop::open().await;
    let (issued, order) = (shop.issued.clone(), "1");
    let add = [("service", "1001"), ("quantity", "100"), ("link", LINK)];
    shop.ask(&issued, "add", &add).await;
    shop.gateway.until_status(&issued, 1, "Pending").await;
    for wrong in [WRONG, IMPORTED, ""] {
        shop.ask(wrong, "balance", &[]).await;
        shop.ask(wrong, "nonsense", &[]).await;
    }

    let error = |echo: &str| format!("{{\"error\":\"no such key: {echo}\"}}");
    for (n, echo) in echoes(ALPHA).iter().enumerate() {
        let text = |status: u16, body: String| Fault::Text { status, body };
        let link = format!("{LINK}/{n}");
        let add = [("service", "1001"), ("quantity", "100"), ("link", &link)];
        shop.ask_through(text(200, error(echo)), ActionName::Add, &add)
            .await;
        let page = text(500, format!("<p>no such key: {echo}</p>"));
        let link = format!("{LINK}/page/{n}");
        let add = [("service", "1001"), ("quantity", "100"), ("link", &link)];
        shop.ask_through(page, ActionName::Add, &add).await;
        let asked = [("order", order)];
        let one = format!("{{\"1\":{{\"error\":\"{echo}\"}}}}");
        let word = format!(
            "{{\"charge\":\"1\",\"start_count\":\"1\",\"status\":\"{echo}\",\"remains\":\"1\",\"currency\":\"{echo}\"}}"
        );
        let id = format!("{{\"order\":\"{echo}\",\"refill\":\"{echo}\"}}");
        for body in [error(echo), one, word] {
            shop.ask_through(text(200, body), ActionName::Status, &asked)
                .await;
        }
        let cancel = [("orders", order)];
        shop.ask_through(text(200, error(echo)), ActionName::Cancel, &cancel)
            .await;
        shop.alpha.clear_faults();
        for body in [error(echo), id] {
            shop.alpha.plan(FaultRule::always(text(200, body)));
            shop.ask(&issued, "refill", &asked).await;
            shop.run(&["check", "--online"]);
            shop.run(&["panels", "list"]);
            shop.alpha.clear_faults();
        }
    }
    let location = format!("https://127.0.0.1:1/?key={ALPHA}").replace(['"', '<', '>'], "");
    let away = Fault::Redirect {
        status: 307,
        location,
    };
    shop.ask_through(away, ActionName::Status, &[("order", order)])
        .await;
    shop.alpha.clear_faults();

    tell_everything(&mut shop).await;
    judge(shop).await;
}

/// Every command that shows something, and what the operators' listener shows.
async fn tell_everything(shop: &mut Shop) {
    let backup = shop.gateway.path("backup.db");
    let backup = backup.to_str().expect("text").to_owned();
    for arguments in [
        &["orders", "list"][..],
        &["orders", "list", "--json"],
        &["customer", "list", "--json"],
        &["key", "list", "ann", "--json"],
        &["panels", "list", "--json"],
        &["services", "list", "--json"],
        &["services", "diff"],
        &["services", "explain", "1001"],
        &["report", "profit", "--by", "panel,customer"],
        &["verify"],
        &["reload"],
        &["pause"],
        &["resume"],
        &["backup", &backup],
        &["check"],
    ] {
        shop.run(arguments);
    }
    for order in 1..=20 {
        shop.run(&["orders", "show", &order.to_string()]);
    }
    // A configuration that is wrong is shown, and its secrets are not.
    let path = shop.gateway.path("panelgate.toml");
    let main = std::fs::read_to_string(&path).expect("read");
    let broken = main.replace("{ file = \"alpha.key\" }", &format!("'''{BETA}'''"));
    assert_ne!(main, broken);
    std::fs::write(&path, broken).expect("written");
    shop.run(&["check"]);
    shop.run(&["reload"]);
    std::fs::write(&path, main).expect("written");
    for page in ["metrics", "healthz", "readyz", ""] {
        let url = format!("{}/{page}", shop.gateway.operator_url());
        let shown = Client::default().get(&url).await;
        shop.said.extend(shown.unwrap_or_default().bytes());
    }
}

async fn judge(mut shop: Shop) {
    let folder = shop.gateway.path("");
    let secrets = [
        ALPHA,
        BETA,
        BETA_WANTS,
        IMPORTED,
        WRONG,
        shop.issued.as_str(),
    ];
    let but = ["alpha.key", "beta.key"];
    // While it runs, with what is not yet in the main file; and when all is written.
    let mut found = search::find_in_folder(&secrets, &folder, &but);
    assert_eq!(shop.gateway.terminate(), 0);
    found.extend(search::find_in_folder(&secrets, &folder, &but));
    found.extend(search::find(&secrets, "what was said", &shop.said));
    found.sort();
    found.dedup();
    assert!(found.is_empty(), "{}", found.join("\n"));

    let controls = search::find_in_folder(&[LINK], &folder, &but);
    // The rest of it may still be beside it.
    let held = |name: &str| controls.iter().any(|line| line.contains(name));
    assert!(held("/panelgate.db") && held("/backup.db"), "{controls:?}");
    let log = std::fs::read_to_string(shop.gateway.path("panelgate.toml.log")).expect("a log");
    assert!(log.contains("\"level\":\"DEBUG\""), "it said what it could");
    let said = String::from_utf8_lossy(&shop.said);
    assert!(
        said.contains("no such key: [key]"),
        "the panel's words are kept"
    );
}
