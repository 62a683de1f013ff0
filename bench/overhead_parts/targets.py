"""The servers that are measured, and the upstream behind them."""

import pathlib
import shutil
import subprocess
import sys

from overhead_parts.system import BUILD, ROOT, Process, free_port, wait_for_port

NGINX = """
worker_processes 2;
worker_rlimit_nofile 40000;
daemon off;
pid {folder}/nginx-{port}.pid;
error_log {folder}/nginx-{port}.log;
events {{ worker_connections 10000; }}
http {{
  access_log off;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  keepalive_requests 1000000000;
  client_body_buffer_size 64k;
  {http}
  server {{
    listen 127.0.0.1:{port} reuseport backlog=4096{listen};
    {server}
  }}
}}
"""
PROXY = """
    location / {{
      proxy_pass {scheme}://upstream_pool;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Authorization "Bearer upstream";
      proxy_buffering {buffering};
      {tls}
    }}"""
POOL = """upstream upstream_pool {{
    server 127.0.0.1:{port}; keepalive 512; keepalive_requests 1000000000;
  }}"""
TLS_CLIENT = ("proxy_ssl_protocols TLSv1.3; proxy_ssl_trusted_certificate {cert}; "
              "proxy_ssl_verify on; proxy_ssl_name localhost; proxy_ssl_server_name on; "
              "proxy_ssl_session_reuse on;")

HAPROXY = """
global
  nbthread 2
  maxconn 8000
defaults
  mode http
  timeout connect 5s
  timeout client 120s
  timeout server 120s
  http-reuse always
frontend in
  bind 127.0.0.1:{port} backlog 4096
  default_backend out
backend out
  http-request set-header Authorization "Bearer upstream"
  server mock 127.0.0.1:{upstream} pool-max-conn 4096{tls}
"""

PLIMSOLL = """version: 1
server:
  listen: ["127.0.0.1:{port}"]
  admin: 127.0.0.1:{admin}
  auth: none
  threads: 2
ledger: {ledger}
providers:
  mock: {{base_url: "{url}/v1", key: "env:BENCH_KEY"{ca}}}
models:
  mock: {{provider: mock, model: mock, price: {{input: 1, output: 2}}}}
features:
  bench:
    ladder: [{{model: mock}}]
    output: {output}
"""
# Record, deadline, breaker and metrics always run; these are the optional layers.
PASS = dict(ledger="{on: false}", output="{non_empty: false, not_truncated: false, stream: pass}")
DEFAULTS = dict(ledger='{{folder: "{folder}"}}', output="{stream: pass}")


class Target:
    """A running server: its port, its processes and how it is asked."""

    def __init__(self, name, process, port, model="mock", headers=(), flags="", admin=None):
        self.name, self.process, self.port = name, process, port
        self.model, self.headers, self.flags, self.admin = model, list(headers), flags, admin

    def pids(self):
        return self.process.pids() if self.process else []

    def stop(self):
        if self.process:
            self.process.stop()


class Bed:
    """Starts targets in a folder of their own and ends them all."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.started = []
        self.missing = {}  # name -> why it is not measured

    def started_or_missing(self, name, process, port, **how):
        if not wait_for_port(port, process):
            process.stop()
            log = self.folder / f"{name}.log"
            said = log.read_text(errors="replace").strip()[:300] if log.exists() else ""
            self.missing[name] = f"it did not start to listen; it said: {said or 'nothing'}"
            return None
        target = Target(name, process, port, **how)
        self.started.append(target)
        return target

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path

    def log(self, name):
        return open(self.folder / f"{name}.log", "wb")

    def stop(self):
        for target in reversed(self.started):
            target.stop()

    # --- upstreams ---

    def mock(self, events=66, event_ms=5):
        process = Process([str(BUILD / "mock_upstream"), "0", str(events), str(event_ms)],
                          stdout=subprocess.PIPE)
        port = int(process.process.stdout.readline().split()[1])
        return self.started_or_missing("mock", process, port)

    def certificate(self):
        cert, key = self.folder / "cert.pem", self.folder / "key.pem"
        if not cert.exists():
            subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                            "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                            "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                            "-keyout", str(key), "-out", str(cert)], check=True,
                           capture_output=True)
        return cert, key

    def tls_upstream(self, mock_port):
        """TLS 1.3 in front of a constant answer; streams go on to the mock."""
        cert, key = self.certificate()
        answer = ('{"id":"chatcmpl-bench","object":"chat.completion","created":1700000000,'
                  '"model":"mock","choices":[{"index":0,"message":{"role":"assistant",'
                  '"content":"' + "a" * 700 + '"},"finish_reason":"stop"}],'
                  '"usage":{"prompt_tokens":250,"completion_tokens":100,"total_tokens":350}}')
        server = (f"ssl_certificate {cert}; ssl_certificate_key {key}; ssl_protocols TLSv1.3;\n"
                  f"    location / {{ default_type application/json; return 200 '{answer}'; }}\n"
                  f"    location /stream/ {{ proxy_pass http://127.0.0.1:{mock_port}/; "
                  f"proxy_http_version 1.1; proxy_buffering off; }}")
        return self.nginx("tls-upstream", http="", server=server, listen=" ssl")

    # --- proxies ---

    def nginx(self, name, http, server, listen=""):
        port = free_port()
        text = NGINX.format(folder=self.folder, port=port, http=http, server=server, listen=listen)
        config = self.file(f"{name}.conf", text)
        process = Process(["nginx", "-c", str(config), "-p", str(self.folder)],
                          stdout=subprocess.DEVNULL, stderr=self.log(name))
        return self.started_or_missing(name, process, port,
                                       flags="worker_processes 2, keepalive 512, access_log off")

    def nginx_proxy(self, name, upstream, tls=False, buffering="on"):
        options = TLS_CLIENT.format(cert=self.certificate()[0]) if tls else ""
        server = PROXY.format(scheme="https" if tls else "http", buffering=buffering, tls=options)
        return self.nginx(name, POOL.format(port=upstream), server)

    def haproxy(self, name, upstream, tls=False):
        port = free_port()
        options = (f" ssl verify required ca-file {self.certificate()[0]} sni str(localhost)"
                   f" verifyhost localhost" if tls else "")
        config = self.file(f"{name}.cfg", HAPROXY.format(port=port, upstream=upstream, tls=options))
        process = Process(["haproxy", "-db", "-f", str(config)], stdout=subprocess.DEVNULL,
                          stderr=self.log(name))
        return self.started_or_missing(name, process, port, flags="nbthread 2, http-reuse always")

    def plimsoll(self, name, upstream, layers, tls=False):
        binary = BUILD / "plimsoll"
        if not binary.exists():
            self.missing[name] = f"{binary.relative_to(ROOT)} was not built"
            return None
        port, admin = free_port(), free_port()
        url = f"https://localhost:{upstream}" if tls else f"http://127.0.0.1:{upstream}"
        ledger = layers["ledger"].format(folder=self.folder / f"{name}-state") \
            if "{{" in layers["ledger"] else layers["ledger"]
        text = PLIMSOLL.format(port=port, admin=admin, url=url, ledger=ledger,
                               output=layers["output"],
                               ca=f', ca_file: "{self.certificate()[0]}"' if tls else "")
        config = self.file(f"{name}.yaml", text)
        process = Process([str(binary), "serve", "-c", str(config)],
                          stdout=subprocess.DEVNULL, stderr=self.log(name),
                          env={"BENCH_KEY": "upstream", "HOME": str(self.folder)})
        flags = f"threads 2, ledger {layers['ledger']}, output {layers['output']}"
        return self.started_or_missing(name, process, port, model="bench", flags=flags, admin=admin)

    def portkey(self, name, upstream):
        folder = ROOT / "bench" / "portkey"
        start = folder / "node_modules" / "@portkey-ai" / "gateway" / "build" / "start-server.js"
        if not start.exists() and not install_node_packages(folder):
            self.missing[name] = "npm could not install it"
            return None
        port = free_port()
        process = Process(["node", str(start), "--headless", f"--port={port}"],
                          stdout=self.log(name), stderr=subprocess.STDOUT, cwd=folder)
        headers = ["x-portkey-provider: openai",
                   f"x-portkey-custom-host: http://127.0.0.1:{upstream}/v1"]
        return self.started_or_missing(name, process, port, headers=headers,
                                       flags="one process, --headless")


def install_node_packages(folder):
    if not shutil.which("npm"):
        return False
    print("overhead: installing the Node gateway", file=sys.stderr, flush=True)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
    return subprocess.run(command, cwd=folder, capture_output=True).returncode == 0
