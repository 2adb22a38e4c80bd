#include "proxy/options/options.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>
#include <vector>

namespace {

using namespace legible::proxy;
using namespace std::chrono_literals;
using Files = std::vector<std::string>;

auto parse(const std::vector<std::string>& words) {
  std::vector<const char*> argv{"run"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return parse_run_options(static_cast<int>(argv.size()), argv.data(), 3);
}

RunOptions accepted(const std::vector<std::string>& words) {
  const auto parsed = parse(words);
  if (const auto* error = std::get_if<UsageError>(&parsed)) FAIL(error->message);
  return std::get<RunOptions>(parsed);
}

}  // namespace

TEST_CASE("options of interception where nothing is intercepted are told to have no effect") {
  const auto parsed =
      parse({"--to", "a:1", "--keylog", "f", "--relay", "*", "--server-tls", "1.2"});
  const auto& options = std::get<RunOptions>(parsed);
  CHECK(options.interception.idle == std::vector<std::string>{"server-tls", "keylog"});
  const auto active = parse({"--to", "a:1", "--keylog", "f", "--intercept", "*"});
  CHECK(std::get<RunOptions>(active).interception.idle.empty());

  std::vector<std::string> notices;
  load_interception(options.interception, notices);
  REQUIRE(notices.size() == 2);
  CHECK(notices.back() ==
        "--keylog has an effect only with --mode intercept or auto, or --intercept GLOB");
}

TEST_CASE("run needs only a target") {
  const RunOptions options = accepted({"--to", "partner.example:443"});
  CHECK(options.ways.listeners.front().target == HostPort{"partner.example", 443});
  REQUIRE(options.ways.listeners.size() == 1);
  CHECK(options.ways.listeners.front().address.text() == "127.0.0.1:8443");
  CHECK(options.timeouts.connect == 10s);
  CHECK(options.timeouts.handshake == 20s);
  CHECK(options.timeouts.idle == 300s);
  CHECK(options.max_connections == 10000);
  CHECK(options.threads == 3);
  CHECK(options.format == OutputFormat::text);
  CHECK(options.max_hello == 65536);
}

TEST_CASE("run takes every option") {
  const RunOptions options = accepted({"--to=[2001:db8::1]:443",
                                       "--listen",
                                       "0",
                                       "--listen",
                                       "0.0.0.0:1",
                                       "--listen",
                                       "[::1]:2",
                                       "--mode",
                                       "relay",
                                       "--trust",
                                       "roots.pem",
                                       "--trust",
                                       "more,roots.pem",
                                       "--client-trust",
                                       "clients.pem",
                                       "--crl",
                                       "lists.pem",
                                       "--connect-timeout",
                                       "1",
                                       "--handshake-timeout",
                                       "2",
                                       "--idle-timeout",
                                       "3",
                                       "--max-connections",
                                       "4",
                                       "--threads",
                                       "5",
                                       "--format",
                                       "json",
                                       "--log",
                                       "events.log",
                                       "--max-hello",
                                       "1000"});
  CHECK(options.ways.listeners.back().target == HostPort{"2001:db8::1", 443});
  REQUIRE(options.ways.listeners.size() == 3);
  CHECK(options.ways.listeners[0].address.text() == "127.0.0.1:0");
  CHECK(options.ways.listeners[1].address.text() == "0.0.0.0:1");
  CHECK(options.ways.listeners[2].address.text() == "[::1]:2");
  CHECK(options.trust.server == Files{"roots.pem", "more,roots.pem"});
  CHECK(options.trust.client == Files{"clients.pem"});
  CHECK(options.trust.revocations == Files{"lists.pem"});
  CHECK(options.timeouts.connect == 1s);
  CHECK(options.timeouts.handshake == 2s);
  CHECK(options.timeouts.idle == 3s);
  CHECK(options.max_connections == 4);
  CHECK(options.threads == 5);
  CHECK(options.format == OutputFormat::json);
  CHECK(options.log_file == "events.log");
  CHECK(options.max_hello == 1000);
}

TEST_CASE("the option --json means --format json") {
  CHECK(accepted({"--to", "a:1", "--json"}).format == OutputFormat::json);
}

TEST_CASE("hosts are excepted from the mode in the order in which they are named") {
  const InterceptionOptions options =
      accepted({"--to", "a:1", "--mode", "auto", "--relay", "*.bank.example", "--intercept",
                "*.example", "--relay", "x", "--server-tls", "1.2", "--client-ciphers",
                "TLS_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"})
          .interception;
  CHECK(options.active());
  CHECK(options.mode == Mode::automatic);
  REQUIRE(options.rules.size() == 3);
  CHECK(options.rules[0].glob == "*.bank.example");
  CHECK(options.rules[0].mode == Mode::relay);
  CHECK(options.rules[1].mode == Mode::intercept);
  CHECK(options.rules[2].glob == "x");
  CHECK(options.everywhere.server_limits.highest == legible::parser::tls12);
  CHECK(options.everywhere.client_limits.highest == legible::parser::tls13);
  CHECK(options.everywhere.client_limits.ciphers ==
        std::vector<legible::parser::CipherSuite>{{0x1301}, {0xc02f}});
  CHECK_FALSE(accepted({"--to", "a:1"}).interception.active());
}

TEST_CASE("the files of keys are those that options name") {
  const InterceptionOptions options =
      accepted({"--to", "a:1", "--intercept", "*", "--ca-dir", "d", "--ca-cert", "c", "--ca-key",
                "k", "--client-cert", "cc", "--client-key", "ck", "--client-key-password-file",
                "cp"})
          .interception;
  CHECK(options.ca.directory == "d");
  CHECK(options.ca.certificate == "c");
  CHECK(options.ca.key == "k");
  CHECK(options.everywhere.client_credential.certificate == "cc");
  CHECK(options.everywhere.client_credential.key == "ck");
  CHECK(options.everywhere.client_credential.password == "cp");
}

TEST_CASE("wrong usage of run is one line that names the option") {
  struct Case {
    std::vector<std::string> words;
    std::string named;
  };
  const auto c = GENERATE(values<Case>({
      {{}, "--to"},
      {{"--to", "partner.example"},
       "--to partner.example: the port is missing: --to partner.example:443"},
      {{"--to", "partner.example:https"}, "'https' is no port"},
      {{"--to", "partner.example:"}, "'' is no port"},
      {{"--to", "a:1", "--to", "b:2"}, "--to is given twice"},
      {{"--to", "a:1", "--log", "a", "--log", "b"}, "--log is given twice"},
      {{"--to", "a:1", "--json", "--format", "text"}, "--json and --format text"},
      {{"--t", "a:1"}, "--t is no option; did you mean --to or "},
      {{"--to", "a:1", "--trsut", "f"}, "--trsut is no option; did you mean --trust?"},
      {{"--to", "partner.example:0"}, "--to"},
      {{"--to", "partner.example:70000"}, "--to"},
      {{"--to", "2001:db8::1:443"}, "an IPv6 address as [2001:db8::1]:PORT"},
      {{"--to", "[nonsense]:443"}, "--to"},
      {{"--to", "part ner:443"}, "--to"},
      {{"--to", ":443"}, "--to"},
      {{"--to", "a:1", "--listen", "localhost:1"}, "--listen localhost:1"},
      {{"--to", "a:1", "--listen", "99999"}, "--listen"},
      {{"--to", "a:1", "--listen", ""}, "--listen"},
      {{"--to", "a:1", "--intercept", ""}, "--intercept"},
      {{"--to", "a:1", "--bad-server-cert", "hide"}, "--bad-server-cert hide"},
      {{"--to", "a:1", "--client-tls", "1.1-1.3"}, "--client-tls 1.1-1.3"},
      {{"--to", "a:1", "--server-tls", "1.3-1.2"}, "--server-tls 1.3-1.2"},
      {{"--to", "a:1", "--server-ciphers", "RC4"}, "--server-ciphers RC4"},
      {{"--to", "a:1", "--client-ciphers", "TLS_RSA_WITH_RC4_128_MD5"}, "--client-ciphers"},
      {{"--to", "a:1", "--client-ciphers", "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256"},
       "--client-ciphers"},
      {{"--to", "a:1", "--ca-cert", "f"}, "--ca-key"},
      {{"--to", "a:1", "--client-key", "f"}, "--client-key"},
      {{"--to", "a:1", "--client-key-password-file", "f"}, "--client-key-password-file"},
      {{"--to", "a:1", "--mode", "x"}, "--mode x"},
      {{"--to", "a:1", "--connect-timeout", "0"}, "--connect-timeout"},
      {{"--to", "a:1", "--handshake-timeout", "-1"}, "--handshake-timeout"},
      {{"--to", "a:1", "--idle-timeout", "1.5"}, "--idle-timeout"},
      {{"--to", "a:1", "--max-connections", "0"}, "--max-connections"},
      {{"--to", "a:1", "--threads", "many"}, "--threads"},
      {{"--to", "a:1", "--format", "xml"}, "--format xml"},
      {{"--to", "a:1", "--log", ""}, "--log"},
      {{"--to", "a:1", "--max-hello", "1"}, "--max-hello"},
      {{"--to", "a:1", "--trust"}, "--trust"},
      {{"--to", "a:1", "--nonsense"}, "--nonsense is no option"},
      {{"--to", "a:1", "-x"}, "-x"},
      {{"--to", "a:1", "--forward"}, "--to and --forward exclude each other"},
      {{"--by-sni", "0"}, "--by-sni 0"},
      {{"--by-sni", "443", "--transparent"}, "--by-sni and --transparent exclude each other"},
      {{"--forward", "--allow-from", "10.0.0.0/33"}, "--allow-from 10.0.0.0/33"},
      {{"--to", "a:1", "--allow-to", "*"}, "--allow-to"},
      {{"--forward", "--proxy-auth", "secret"}, "--proxy-auth: USER:PASSWORD"},
      {{"--to", "a:1", "--proxy-auth", "u:p"}, "--proxy-auth needs --forward"},
      {{"--to", "a:1", "--accept-proxy-protocol=everybody"}, "--accept-proxy-protocol everybody"},
      {{"--to", "a:1", "--send-proxy-protocol=v3"}, "--send-proxy-protocol v3"},
      {{"--to", "a:1", "--via", "ftp://a:1"}, "--via: a URL that begins with http://"},
      {{"--to", "a:1", "--via", "http://u:secret@a"}, "--via: HOST:PORT is needed in it, not 'a'"},
      {{"--to", "a:1", "--via", "http://u:%zz@a:1"}, "--via: user or password"},
      {{"--to", "a:1", "--capture", "f"}, "--capture: not built into this version"},
      {{"--to", "a:1", "stray"}, "stray"},
  }));
  CAPTURE(c.words);
  const auto parsed = parse(c.words);
  const auto* error = std::get_if<UsageError>(&parsed);
  REQUIRE(error);
  CHECK(error->message.find(c.named) != std::string::npos);
  CHECK(error->message.find('\n') == std::string::npos);
  CHECK(error->message.find("secret") == std::string::npos);
}

TEST_CASE("clients come in by one way, and the proxy goes out by another") {
  const auto parsed = [](const std::vector<std::string>& words) {
    return std::get<RunOptions>(parse(words)).ways;
  };
  SECTION("a forward proxy") {
    const WayOptions ways =
        parsed({"--forward", "--proxy-auth", "u:p:q", "--allow-from", "10.0.0.0/8,::1",
                "--allow-from", "192.0.2.1", "--allow-to", "*.example", "--allow-to", "b:1"});
    CHECK(ways.listeners.front().way == WayIn::forward);
    CHECK(ways.rules.credentials == ProxyCredentials{"u", "p:q"});
    CHECK(ways.rules.clients.size() == 3);
    CHECK(ways.rules.targets == std::vector<std::string>{"*.example", "b:1"});
    CHECK(ways.rules.header_senders.empty());
  }
  SECTION("by name, or by where packets were sent to") {
    const WayOptions named = parsed({"--by-sni", "8443"});
    CHECK(named.listeners.front().way == WayIn::by_sni);
    CHECK(named.listeners.front().target.port == 8443);
    CHECK(parsed({"--transparent"}).listeners.front().way == WayIn::transparent);
  }
  SECTION("PROXY headers") {
    const WayOptions ways =
        parsed({"--to", "a:1", "--accept-proxy-protocol", "--send-proxy-protocol"});
    CHECK(ways.rules.header_senders.size() == 2);
    CHECK(ways.outbound.announce == Outbound::Announce::version1);
    CHECK(parsed({"--to", "a:1", "--send-proxy-protocol=v2"}).outbound.announce ==
          Outbound::Announce::version2);
  }
  SECTION("through a proxy in front") {
    const auto http = parsed({"--to", "a:1", "--via", "http://us%65r:p%40ss@proxy:3128/"});
    REQUIRE(http.outbound.via);
    CHECK(http.outbound.via->protocol == Upstream::Protocol::http);
    CHECK(http.outbound.via->proxy == HostPort{"proxy", 3128});
    CHECK(http.outbound.via->credentials == ProxyCredentials{"user", "p@ss"});
    const auto socks = parsed({"--to", "a:1", "--via", "socks5://[::1]:1080"});
    REQUIRE(socks.outbound.via);
    CHECK(socks.outbound.via->protocol == Upstream::Protocol::socks5);
    CHECK(socks.outbound.via->proxy == HostPort{"::1", 1080});
    CHECK_FALSE(socks.outbound.via->credentials);
  }
}

TEST_CASE("what asks for interception is taken where something is intercepted") {
  for (const Files& how :
       {Files{"--mode", "intercept"}, {"--mode", "auto"}, {"--intercept", "*"}}) {
    Files words{"--to", "a:1", "--keylog", "f", "--server-name", "b"};
    words.insert(words.end(), how.begin(), how.end());
    CHECK(accepted(words).interception.key_log == "f");
  }
  CHECK(accepted({"--to", "a:1", "--ca-dir", "d"}).interception.ca.directory == "d");
}

TEST_CASE("help lists the options") {
  const auto parsed = parse({"--help"});
  REQUIRE(std::holds_alternative<HelpText>(parsed));
  const std::string& text = std::get<HelpText>(parsed).text;
  CHECK(text.find("--handshake-timeout") != std::string::npos);
  CHECK(text.find("Interception options:") < text.find("--keylog"));
  CHECK(text.find("legible run --to partner.example:443\n") != std::string::npos);
}
