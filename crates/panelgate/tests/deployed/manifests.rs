//! What says how containers run: read as those who run them read it, and held against the image and the program.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use serde_norway::Value;

use crate::support::skip;

/// A file of compose, as far as it is used here; anything else is a mistake.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Compose {
    #[serde(rename = "name")]
    _name: String,
    services: BTreeMap<String, Service>,
    networks: BTreeMap<String, Option<Value>>,
    volumes: BTreeMap<String, Option<Value>>,
    secrets: BTreeMap<String, SecretFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretFile {
    #[serde(rename = "file")]
    _file: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Service {
    #[serde(rename = "image")]
    _image: String,
    build: Option<Build>,
    #[serde(rename = "restart")]
    _restart: String,
    #[serde(default)]
    read_only: bool,
    user: Option<String>,
    cap_drop: Vec<String>,
    security_opt: Vec<String>,
    stop_grace_period: Option<String>,
    #[serde(default)]
    ports: Vec<String>,
    #[serde(default)]
    networks: BTreeMap<String, Option<Aliases>>,
    network_mode: Option<String>,
    volumes: Vec<String>,
    #[serde(default)]
    secrets: Vec<String>,
    #[serde(default, rename = "environment")]
    _environment: BTreeMap<String, String>,
    healthcheck: Option<Healthcheck>,
    #[serde(default, rename = "depends_on")]
    _depends_on: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Aliases {
    aliases: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Build {
    context: String,
    dockerfile: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Healthcheck {
    test: Vec<String>,
    #[serde(rename = "interval")]
    _interval: String,
    #[serde(rename = "timeout")]
    _timeout: String,
    #[serde(rename = "start_period")]
    _start_period: String,
    #[serde(rename = "retries")]
    _retries: u32,
}

#[test]
fn compose_runs_the_image_as_it_is_made() {
    let file = deploy("compose/compose.yml");
    let text = std::fs::read_to_string(&file).expect("a file");
    let compose: Compose = serde_norway::from_str(&text).expect("compose");
    for (name, service) in &compose.services {
        assert_eq!(service.cap_drop, ["ALL"], "{name}");
        assert_eq!(service.security_opt, ["no-new-privileges:true"], "{name}");
        assert!(
            service
                .networks
                .keys()
                .all(|one| compose.networks.contains_key(one)),
            "{name}"
        );
        assert!(
            service
                .secrets
                .iter()
                .all(|one| compose.secrets.contains_key(one)),
            "{name}"
        );
        for volume in &service.volumes {
            let source = volume.split(':').next().expect("a source");
            assert!(
                source.starts_with('.') || compose.volumes.contains_key(source),
                "{volume}"
            );
            // What operators write themselves is in `config` and `secrets`.
            let is_ours = source.starts_with("../") || source.ends_with(".yml");
            assert!(!is_ours || file.with_file_name(source).exists(), "{volume}");
        }
        // Customers alone come in from outside.
        let ports = service
            .ports
            .iter()
            .filter(|port| !port.starts_with("127.0.0.1:"));
        let open = if name == "panelgate" {
            vec!["8080:8080"]
        } else {
            vec![]
        };
        assert_eq!(ports.collect::<Vec<_>>(), open, "{name}");
    }
    let gateway = &compose.services["panelgate"];
    assert!(gateway.read_only);
    // Prometheus is where the operators' listener is, and Grafana finds it there.
    let beside = compose.services["prometheus"].network_mode.as_deref();
    assert_eq!(beside, Some("service:panelgate"));
    let operators = gateway.networks["operators"].as_ref();
    assert_eq!(operators.expect("an alias").aliases, ["prometheus"]);
    let source = std::fs::read_to_string(deploy("compose/datasource.yml")).expect("a source");
    assert!(source.contains("url: http://prometheus:9090\n"), "{source}");
    assert_eq!(gateway.user.as_deref(), Some("65532:65532"));
    assert_eq!(gateway.stop_grace_period.as_deref(), Some("45s"));
    let build = gateway.build.as_ref().expect("it is built");
    let context = file.with_file_name(&build.context);
    assert!(context.join(&build.dockerfile).is_file());
    let image = std::fs::read_to_string(deploy("docker/Dockerfile")).expect("an image");
    let check = &gateway.healthcheck.as_ref().expect("one").test;
    assert_eq!(check[..3], ["CMD", "/usr/bin/panelgate", "healthcheck"]);
    assert!(
        image.contains(&format!("CMD {:?}", &check[1..])),
        "{check:?}"
    );
}

#[test]
fn one_pod_has_the_store_and_may_do_nothing_else() {
    let rendered = Command::new("kubectl")
        .arg("kustomize")
        .arg(deploy("kubernetes"))
        .output();
    let Ok(rendered) = rendered else {
        return skip("kubectl", "it is not installed");
    };
    assert!(rendered.status.success(), "{rendered:?}");
    let text = String::from_utf8(rendered.stdout).expect("text");
    let all: Vec<Value> = serde_norway::Deserializer::from_str(&text)
        .map(|one| Value::deserialize(one).expect("a manifest"))
        .collect();
    let kinds: Vec<&str> = all.iter().filter_map(|one| one["kind"].as_str()).collect();
    assert_eq!(
        kinds,
        [
            "Namespace",
            "ConfigMap",
            "Service",
            "Service",
            "StatefulSet",
            "NetworkPolicy"
        ]
    );
    let set = &all[4]["spec"];
    assert_eq!(set["replicas"], Value::from(1));
    let pod = &set["template"]["spec"];
    assert_eq!(pod["terminationGracePeriodSeconds"], Value::from(45));
    assert_eq!(pod["securityContext"]["runAsNonRoot"], Value::from(true));
    assert_eq!(
        pod["volumes"][0]["configMap"]["name"],
        all[1]["metadata"]["name"]
    );
    let container = &pod["containers"][0];
    let may = &container["securityContext"];
    assert_eq!(may["readOnlyRootFilesystem"], Value::from(true));
    assert_eq!(may["allowPrivilegeEscalation"], Value::from(false));
    assert_eq!(may["capabilities"]["drop"][0], Value::from("ALL"));
    for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
        assert_eq!(
            container[probe]["httpGet"]["port"],
            Value::from("operators"),
            "{probe}"
        );
    }
    for service in &all[2..4] {
        assert_eq!(service["spec"]["selector"], set["selector"]["matchLabels"]);
    }
}

#[test]
fn the_configurations_that_are_shipped_are_valid() {
    for (folder, key) in [
        ("kubernetes/config", "/run/secrets/panelgate/alpha.key"),
        ("debian", "$CREDENTIALS_DIRECTORY/keys_alpha.key"),
    ] {
        let scratch = tempfile::tempdir().expect("a folder");
        let credentials = scratch.path().join("credentials");
        std::fs::create_dir(&credentials).expect("made");
        std::fs::write(credentials.join("keys_alpha.key"), "s3cret").expect("written");
        for name in ["panelgate.toml", "markup.toml", "services.toml"] {
            let text = std::fs::read_to_string(deploy(folder).join(name)).expect("a file");
            assert!(name != "panelgate.toml" || text.contains(key), "{text}");
            let text = text.replace("/run/secrets/panelgate/", "credentials/keys_");
            std::fs::write(scratch.path().join(name), text).expect("written");
        }
        let mut check = Command::new(env!("CARGO_BIN_EXE_panelgate"));
        check
            .args(["check", "--config"])
            .arg(scratch.path().join("panelgate.toml"));
        let output = check.env("CREDENTIALS_DIRECTORY", &credentials).output();
        let output = output.expect("it starts");
        assert!(output.status.success(), "{folder}: {output:?}");
        if key.starts_with('$') {
            let output = check.env_remove("CREDENTIALS_DIRECTORY").output();
            let said = String::from_utf8(output.expect("it starts").stderr).expect("text");
            assert!(
                said.contains("`CREDENTIALS_DIRECTORY` is not set"),
                "{said}"
            );
        }
    }
}

fn deploy(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../deploy")
        .join(name)
}
