//! One request in the languages that customers write: each example is whole, and runs once URL and key are theirs.

use std::fmt::Write as _;

use super::URL;
use super::html::escape;

/// A parameter and its value.
pub(super) type Parameter = (&'static str, &'static str);

/// The same request in every language. Which of them is seen is the reader's choice; without styles all of them are.
pub(super) fn request(parameters: &[Parameter]) -> String {
    let languages = [
        ("curl", "curl", curl(parameters)),
        ("php", "PHP", php(parameters)),
        ("python", "Python", python(parameters)),
        ("javascript", "JavaScript", javascript(parameters)),
    ];
    let mut html = String::from("<div class=\"example\">\n");
    for (class, name, text) in languages {
        // Their values are constants of this module; the URL is put in later, escaped by itself.
        let text = escape(&text).replace(&escape(URL), URL);
        _ = writeln!(
            html,
            "<div class=\"language {class}\"><p>{name}</p><pre tabindex=\"0\"><code>{text}</code></pre></div>"
        );
    }
    html + "</div>\n"
}

fn curl(parameters: &[Parameter]) -> String {
    let mut text = format!("curl '{URL}' -d key={KEY}");
    for (name, value) in parameters {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_,".contains(&byte);
        if value.bytes().all(plain) {
            _ = write!(text, " -d {name}={value}");
        } else {
            _ = write!(text, " \\\n  --data-urlencode '{name}={value}'");
        }
    }
    text
}

fn php(parameters: &[Parameter]) -> String {
    let fields = fields(parameters, |name, value| {
        format!("    '{name}' => {value},\n")
    });
    format!(
        "<?php\n$curl = curl_init('{URL}');\ncurl_setopt($curl, CURLOPT_RETURNTRANSFER, true);\n\
         curl_setopt($curl, CURLOPT_POSTFIELDS, http_build_query([\n{fields}]));\n\
         $answer = json_decode(curl_exec($curl));\nprint_r($answer);"
    )
}

fn python(parameters: &[Parameter]) -> String {
    let fields = fields(parameters, |name, value| {
        format!("    \"{name}\": {value},\n")
    });
    format!(
        "import json, urllib.parse, urllib.request\n\nform = urllib.parse.urlencode({{\n{fields}}})\n\
         with urllib.request.urlopen(\"{URL}\", form.encode()) as answer:\n    print(json.load(answer))"
    )
}

fn javascript(parameters: &[Parameter]) -> String {
    let fields = fields(parameters, |name, value| format!("    {name}: {value},\n"));
    format!(
        "fetch(\"{URL}\", {{\n  method: \"POST\",\n  body: new URLSearchParams({{\n{fields}  }}),\n}})\n  \
         .then((answer) => answer.json())\n  .then((answer) => console.log(answer));"
    )
}

/// The key and the parameters, each as `line` writes it; values are in double quotes, which mean the same in all languages.
fn fields(parameters: &[Parameter], line: impl Fn(&str, &str) -> String) -> String {
    let key = [("key", KEY)];
    let all = key.iter().chain(parameters);
    all.map(|(name, value)| line(name, &format!("\"{}\"", value.replace('\n', "\\n"))))
        .collect()
}

const KEY: &str = "YOUR_KEY";
