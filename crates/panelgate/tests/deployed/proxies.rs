//! The configurations for proxies that stand in front of us, by the proxies themselves.

use std::net::{Ipv4Addr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::behind::{COUNTED, OVER, address, guess};
use crate::support::{Files, Gateway, panel, skip, until};

/// nginx in a folder of its own; ended when dropped, and its workers with it.
struct Nginx(Child);

impl Drop for Nginx {
    fn drop(&mut self) {
        let master = self.0.id().to_string();
        _ = Command::new("kill").args(["-s", "TERM", &master]).status();
        _ = self.0.wait();
    }
}

impl Nginx {
    /// It takes over the socket that is held here, as a new nginx does from the old one.
    fn start(folder: &Path, site: &str, socket: TcpListener) -> Self {
        std::fs::write(folder.join("site.conf"), site).expect("written");
        let main = format!(
            "daemon off;\npid {0}/nginx.pid;\nerror_log stderr;\nevents {{}}\nhttp {{\nclient_body_temp_path {0}/b;\nproxy_temp_path {0}/p;\nfastcgi_temp_path {0}/f;\nuwsgi_temp_path {0}/u;\nscgi_temp_path {0}/s;\naccess_log off;\ninclude {0}/site.conf;\n}}\n",
            folder.display()
        );
        std::fs::write(folder.join("nginx.conf"), main).expect("written");
        let mut shell = Command::new("sh");
        shell
            .args([
                "-c",
                "exec 3<&0 </dev/null; NGINX='3;' exec nginx -e stderr -c \"$0\"",
            ])
            .arg(folder.join("nginx.conf"))
            .stdin(Stdio::from(OwnedFd::from(socket)));
        Self(shell.spawn().expect("it starts"))
    }
}

#[tokio::test]
async fn nginx_says_who_its_clients_are_whatever_they_say() {
    if Command::new("nginx").arg("-v").output().is_err() {
        return skip("nginx", "it is not installed");
    }
    let panel = panel().await;
    let files = Files {
        server: "trusted_proxies = [\"127.0.0.1\"]\n".to_owned(),
        limits: "wrong_keys_per_minute = 1\n".to_owned(),
        ..Files::default()
    };
    let gateway = Gateway::start(&[("alpha", &panel)], files);
    let socket = TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = socket.local_addr().expect("an address");
    let site = std::fs::read_to_string(example("nginx/panelgate.conf")).expect("an example");
    let site = site
        .replace("listen 80;", &format!("listen {at};"))
        .replace("127.0.0.1:8080;", &format!("{};", address(&gateway)));
    let folder = tempfile::tempdir().expect("a folder");
    let _nginx = Nginx::start(folder.path(), &site, socket);
    let ask = async |from, headers| guess(at, Ipv4Addr::new(127, 0, 0, from), b"", headers).await;

    until("nginx answers", || async {
        let said = ask(2, "").await.ok()?;
        (said == COUNTED).then_some(())
    })
    .await;
    for (from, headers, answer) in [
        (2, "", OVER),
        (2, "X-Forwarded-For: 203.0.113.7\r\n", OVER),
        (2, "X-Forwarded-For: 127.0.0.1\r\n", OVER),
        (2, "Forwarded: for=203.0.113.7\r\n", OVER),
        (3, "X-Forwarded-For: 127.0.0.2\r\n", COUNTED),
        (3, "Forwarded: for=203.0.113.8\r\n", OVER),
    ] {
        let said = ask(from, headers).await.expect("an answer");
        assert_eq!(said, answer, "{from}: {headers}");
    }
}

#[test]
fn caddy_takes_its_configuration() {
    let mut caddy = Command::new("caddy");
    let scratch = tempfile::tempdir().expect("a folder");
    caddy
        .args(["validate", "--adapter", "caddyfile", "--config"])
        .arg(example("caddy/Caddyfile"))
        .env("HOME", scratch.path())
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("XDG_DATA_HOME");
    match caddy.output() {
        Err(_) => skip("caddy", "it is not installed"),
        Ok(output) => assert!(output.status.success(), "{output:?}"),
    }
}

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../deploy")
        .join(name)
}
