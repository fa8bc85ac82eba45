//! The page for customers: what it is sent with, and its examples, sent as they stand but for the key and the service.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use crate::support::{Files, Gateway, panel, skip};

#[tokio::test(flavor = "multi_thread")]
async fn every_example_on_the_page_works() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let key = gateway.customer("ann", "100000");
    gateway.services(&key).await;
    let (head, page) = page(&gateway, &host(&gateway));
    for line in [
        "content-type: text/html; charset=utf-8",
        "content-security-policy: default-src 'none'; style-src 'sha256-",
        "x-content-type-options: nosniff",
    ] {
        assert!(head.to_lowercase().contains(line), "{line}: {head}");
    }

    let folder = tempfile::tempdir().expect("a folder");
    for language in LANGUAGES {
        if !language.is_here() {
            skip(language.class, &format!("there is no {}", language.program));
            continue;
        }
        let mut adds = 0;
        for (kind, example) in examples(&page, language.class) {
            let service = gateway.service_named(&key, &kind).await;
            let text = example.replace("YOUR_KEY", &key);
            let text = language.with_service(&text, &service);
            let answer = language.run(folder.path(), &text);
            let (is_add, expected) = match ACTIONS.iter().find(|(name, _)| asks(&text, name)) {
                Some((name, expected)) => (*name == "add", *expected),
                None => panic!("no action: {text}"),
            };
            adds += usize::from(is_add);
            assert!(answer.contains(expected), "{kind}: {text}\n{answer}");
            for refused in ["Incorrect request", "Invalid API key"] {
                assert!(!answer.contains(refused), "{kind}: {text}\n{answer}");
            }
        }
        assert_eq!(adds, TYPES + 1, "{}", language.class);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_in_host_is_no_html_on_the_page() {
    let panel = panel().await;
    let gateway = Gateway::start(&[("alpha", &panel)], Files::default());
    let (_, own) = page(&gateway, &host(&gateway));
    assert!(
        own.contains(&format!("<code>{}</code>", gateway.url())),
        "{own}"
    );
    for evil in ["x\"><script>alert(1)</script>", "x';id;'", "x/$(id)"] {
        let (_, page) = page(&gateway, evil);
        assert!(!page.contains(evil), "{evil}");
    }
}

/// How the examples of one language are run.
struct Language {
    /// Its class on the page.
    class: &'static str,
    program: &'static str,
    /// The name of a file for the example; the shell needs none.
    file: Option<&'static str>,
}

const LANGUAGES: [Language; 4] = [
    Language {
        class: "curl",
        program: "curl",
        file: None,
    },
    Language {
        class: "php",
        program: "php",
        file: Some("example.php"),
    },
    Language {
        class: "python",
        program: "python3",
        file: Some("example.py"),
    },
    Language {
        class: "javascript",
        program: "node",
        file: Some("example.mjs"),
    },
];

/// Each action, and a word that only its answers have. Nothing is completed here, so refills are refused.
const ACTIONS: [(&str, &str); 7] = [
    ("services", "rate"),
    ("add", "order"),
    ("status", "charge"),
    ("refill", ""),
    ("refill_status", ""),
    ("cancel", "cancel"),
    ("balance", "currency"),
];
const TYPES: usize = 17;

impl Language {
    fn is_here(&self) -> bool {
        let asked = Command::new(self.program).arg("--version").output();
        asked.is_ok_and(|output| output.status.success())
    }

    /// The same for another service.
    fn with_service(&self, text: &str, service: &str) -> String {
        let lines = text.lines().map(|line| match line.contains("service") {
            true => line
                .replace("service=1", &format!("service={service}"))
                .replace("\"1\"", &format!("\"{service}\"")),
            false => line.to_owned(),
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Runs an example; answers what it wrote.
    fn run(&self, folder: &Path, text: &str) -> String {
        let mut command = match self.file {
            None => {
                let mut shell = Command::new("sh");
                shell.args(["-c", text]);
                shell
            }
            Some(file) => {
                let file = folder.join(file);
                fs::write(&file, text).expect("written");
                let mut command = Command::new(self.program);
                command.arg(file);
                command
            }
        };
        let output = command.output().expect("it starts");
        assert!(output.status.success(), "{text}\n{output:?}");
        String::from_utf8(output.stdout).expect("text")
    }
}

/// Whether an example asks for an action, in any language.
fn asks(text: &str, action: &str) -> bool {
    let quoted = format!("\"{action}\"");
    text.lines().any(|line| {
        let words = || line.split_whitespace();
        words().any(|word| word == format!("action={action}"))
            || (line.contains("action") && line.contains(&quoted))
    })
}

/// The examples of one language in the order of the page, each with the type of service that it is about; those after the
/// types are about orders of any type.
fn examples(page: &str, class: &str) -> Vec<(String, String)> {
    let opening = format!("<div class=\"language {class}\">");
    let mut kind = "Default".to_owned();
    let mut found = Vec::new();
    for part in page.split("<summary>") {
        if let Some((name, _)) = part.split_once("</summary>") {
            kind = name.to_owned();
        }
        for example in part.split(&opening).skip(1) {
            let (_, code) = example.split_once("<code>").expect("an example has code");
            let (code, _) = code.split_once("</code>").expect("which ends");
            found.push((kind.clone(), plain(code)));
        }
    }
    found
}

/// Text that was escaped for HTML.
fn plain(html: &str) -> String {
    [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ]
    .iter()
    .fold(html.to_owned(), |text, (escaped, plain)| {
        text.replace(escaped, plain)
    })
}

fn host(gateway: &Gateway) -> String {
    let url = gateway.url().strip_prefix("http://").expect("a URL");
    url.split('/').next().expect("a host").to_owned()
}

/// The head and the body of the page, asked for by some name.
fn page(gateway: &Gateway, name: &str) -> (String, String) {
    let mut stream = TcpStream::connect(host(gateway)).expect("it listens");
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"
    )
    .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answered");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    (head.to_owned(), body.to_owned())
}
