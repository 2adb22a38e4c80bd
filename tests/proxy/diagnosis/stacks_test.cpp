// The same fault in the words of many stacks: one cause, whatever the alert.

#include <map>
#include <sstream>

#include "support/scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

namespace {

std::vector<std::string> words(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

/// "48" alert and FIN, "48r" alert and RST, "49+42" two alerts, "F" FIN, "R" RST, "hs+F", "hs+e"
/// the same after the handshake was finished.
void end_with(Conversation& c, Leg leg, const std::string& how) {
  if (how == "F" || how == "R") {
    c.closes(leg, how == "F" ? StreamEnd::fin : StreamEnd::rst);
    return;
  }
  std::istringstream numbers(how);
  int number = 0;
  while (numbers >> number) {
    c.alert(leg, static_cast<std::uint8_t>(number));
    if (numbers.peek() == '+') numbers.get();
  }
  c.closes(leg, how.back() == 'r' ? StreamEnd::rst : StreamEnd::fin);
}

struct Defect {
  Chain chain;
  std::vector<certs::Problem> problems;
  std::vector<Cause> causes;
};

std::map<std::string, Defect> server_defects() {
  const Chain alone = {certificate("www.a.test", "Inter")};
  const Chain self_signed = {certificate("www.a.test", "www.a.test")};
  return {
      {"untrusted",
       {good_chain(), {problem(ProblemId::untrusted_root, 1)}, {Cause::server_cert_untrusted_ca}}},
      {"self-signed",
       {self_signed, {problem(ProblemId::self_signed)}, {Cause::server_cert_self_signed}}},
      {"alone",
       {alone,
        {problem(ProblemId::missing_intermediate)},
        {Cause::server_cert_missing_intermediate}}},
      {"expired", {good_chain(), {problem(ProblemId::expired)}, {Cause::server_cert_expired}}},
      {"expired-ca",
       {good_chain(), {problem(ProblemId::expired, 1)}, {Cause::server_chain_expired_ca}}},
      {"not-yet",
       {good_chain(), {problem(ProblemId::not_yet_valid)}, {Cause::server_cert_not_yet_valid}}},
      {"name",
       {good_chain(), {problem(ProblemId::name_mismatch)}, {Cause::server_cert_name_mismatch}}},
      {"usage",
       {good_chain(), {problem(ProblemId::wrong_usage)}, {Cause::server_cert_wrong_usage}}},
      {"v1-ca",
       {good_chain(),
        {problem(ProblemId::x509_v1, 1)},
        {Cause::server_cert_v1, Cause::server_chain_not_ca}}},
      {"sha1", {good_chain(), {problem(ProblemId::weak_signature)}, {Cause::server_cert_weak}}},
  };
}

}  // namespace

TEST_CASE("each client refuses each defect of a server's certificate in its own way") {
  const std::string columns =
      "untrusted self-signed alone expired expired-ca not-yet name usage v1-ca sha1";
  struct Row {
    std::string client;
    parser::ClientHello hello;
    std::string answers;  ///< in the order of the columns; "ok": it accepts
  };
  const auto openssl = hello_openssl(parser::tls12, parser::tls12);
  auto curl = openssl;
  curl.alpn = {"h2", "http/1.1"};
  auto nss = openssl;
  nss.extensions = {{0}, {23}, {0xff01}, {10}, {11}, {13}, {28}};
  const Row rows[] = {
      {"OpenSSL", openssl, "48 48 48 45 45 42 42 43 48 42"},
      {"GnuTLS", openssl, "42 42 42 42 42 42 42 42 42 42"},
      {"curl", curl, "48r 48r 48r 45r 45r 42r hs+e 43r 48r 42r"},
      {"JSSE", hello_jsse(parser::tls12, parser::tls12), "46 46 46 45 45 42 46 46 46 ok"},
      {"Bouncy Castle", hello_bouncy_castle(), "46 46 46 46 ok ok 46 ok ok ok"},
      {"Go", openssl, "42 42 42 42 42 42 42 42 42 42"},
      {"Node", hello_node(parser::tls12), "hs+F hs+F hs+F hs+F hs+F hs+F hs+F hs+F hs+F hs+F"},
      {"Python", openssl, "48r 48r 48r 45r 45r 42r 42r 43r 48r 42r"},
      {"NSS", nss, "hs+e hs+e ok hs+e hs+e hs+e hs+e hs+e hs+e ok"},
      {"BoringSSL", openssl, "48r 48r 48r 45r 45r 45r ok 43r 48r ok"},
      {"mbedTLS", openssl, "48 48 48 45 45 46 42 43 48 46"},
      {"wolfSSL", openssl, "48r 42r 48r 45r 45r 45r 42r 42r 48r ok"},
      {"BearSSL", openssl, "R R R R R R R ok R R"},
      {"rustls", openssl, "42 42 42 42 42 42 42 42 42 42"},
      {"SecureTransport", openssl, "48 48 48 45 45 45 46 46 48 46"},
      {"IAIK", openssl, "42 42 42 42 42 42 ok ok ok ok"},
  };
  const auto defects = server_defects();
  for (const Row& row : rows) {
    const auto answers = words(row.answers);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const std::string column = words(columns)[i];
      if (answers[i] == "ok") continue;
      const Defect& defect = defects.at(column);
      Conversation c;
      c.client_says(row.hello).server_flight(defect.chain, defect.problems);
      if (answers[i].starts_with("hs+")) {
        c.key_exchange_and_finished().server_finishes();
        if (answers[i] == "hs+e") c.hidden_alert(C);
        c.client_fin();
      } else {
        end_with(c, C, answers[i]);
      }
      const Verdict verdict = diagnose(c.timeline());
      INFO(row.client << ", " << column << ": " << answers[i] << "\n" << shown(verdict));
      CHECK(verdict.closer == Closer::client);
      CHECK(std::ranges::find(defect.causes, verdict.cause) != defect.causes.end());
      CHECK(verdict.outcome == Outcome::failed);
    }
  }
}

TEST_CASE("in TLS 1.3 a relay tells a refused server certificate by length or by a clear alert") {
  struct Case {
    std::string how;  ///< "48p" in clear, "e" and "E" by length (19, 35), "F", "R"
    std::vector<Cause> causes;
  };
  const Case cases[] = {
      {"48p", {Cause::server_cert_untrusted_ca, Cause::server_cert_rejected}},
      {"45p", {Cause::server_cert_expired}},
      {"43p", {Cause::server_cert_wrong_usage}},
      {"42p", {Cause::server_cert_rejected, Cause::server_cert_name_mismatch}},
      {"44p", {Cause::server_cert_revoked}},
      {"e", {Cause::server_cert_rejected}},
      {"E", {Cause::server_cert_rejected}},
      {"F", {Cause::server_cert_rejected}},
  };
  for (const Case& example : cases) {
    Conversation c;
    c.client_says(hello_openssl()).server_flight13();
    if (example.how == "e" || example.how == "E") {
      c.hidden_alert(C, example.how == "e" ? 19 : 35).client_fin();
    } else {
      end_with(c, C, example.how);
    }
    const Verdict verdict = diagnose(c.timeline());
    INFO(example.how << "\n" << shown(verdict));
    CHECK(verdict.closer == Closer::client);
    CHECK(verdict.phase == Phase::server_auth);
    CHECK(std::ranges::find(example.causes, verdict.cause) != example.causes.end());
  }
}

TEST_CASE("each server refuses each client certificate in its own way") {
  Chain expired = {certificate("client", "Inter"), certificate("Inter", "Root")};
  expired[0].not_after = std::chrono::floor<std::chrono::seconds>(start) - std::chrono::days{1};
  Chain usage = {certificate("client", "Inter"), certificate("Inter", "Root")};
  usage[0].has_extended_key_usage = true;
  usage[0].extended_key_usage = {"serverAuth"};
  struct Column {
    Chain chain;
    Cause cause;
  };
  const Column columns[] = {
      {{}, Cause::client_cert_missing},
      {{certificate("client", "Root2")}, Cause::client_cert_untrusted_ca},
      {{certificate("client", "client")}, Cause::client_cert_self_signed},
      {expired, Cause::client_cert_expired},
      {usage, Cause::client_cert_wrong_usage},
      {{certificate("client", "Inter")}, Cause::client_cert_missing_intermediate},
  };
  struct Row {
    std::string server;
    std::string answers;
  };
  const Row rows[] = {
      {"OpenSSL, HAProxy, Apache", "40 48 48 45 43 48"},
      {"GnuTLS", "50 49+42 49+42 49+42 ok 49+42"},
      {"JSSE 17", "42 46 46 46 46 46"},
      {"JSSE 25", "40 46 46 46 46 46"},
      {"Go 1.19", "42 42 42 42 42 42"},
      {"Node", "40 F F F F F"},
      {"Python, stunnel", "40r 48r 48r 45r 43r 48r"},
      {"lighttpd with GnuTLS", "F 49 49 49 ok 49"},
      {"mbedTLS", "F 48 48 45 43 48"},
      {"wolfSSL", "R 48r 42r 45r 42r ok"},
      {"NSS", "42 48r 42r 45r 46r ok"},
      {"BearSSL", "R R R R ok R"},
      {"rustls", "116 40 40 40 40 40"},
  };
  for (const Row& row : rows) {
    const auto answers = words(row.answers);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (answers[i] == "ok") continue;
      Conversation c;
      c.client_says(hello_openssl()).server_flight_asking({"Root"}).shows(C, columns[i].chain);
      c.message(C, parser::handshake_type::client_key_exchange);
      if (!columns[i].chain.empty()) c.proves();
      c.changes_cipher(C).encrypted(C, parser::content_type::handshake, 40, Content::finished);
      end_with(c, S, answers[i]);
      const Verdict verdict = diagnose(c.timeline());
      INFO(row.server << ", column " << i << ": " << answers[i] << "\n" << shown(verdict));
      CHECK(verdict.closer == Closer::server);
      CHECK(verdict.phase == Phase::client_auth);
      CHECK(verdict.cause == columns[i].cause);
    }
  }
}

TEST_CASE("each server refuses each hello in its own way") {
  const auto only12 = [] { return hello_openssl(parser::tls12, parser::tls12); };
  auto rc4 = only12();
  rc4.ciphers = {{0x0005}, {0x0004}};
  auto ecdsa = only12();
  ecdsa.ciphers = {{0xc02b}, {0xc02c}, {0xc009}};
  auto group12 = only12();
  group12.groups = {{0xfe01}};
  auto group13 = hello_openssl(parser::tls13, parser::tls13);
  group13.groups = {{0xfe01}};
  auto scheme12 = only12();
  scheme12.signature_algorithms = {{0x0403}, {0x0503}};
  auto sha1 = only12();
  sha1.signature_algorithms = {{0x0201}, {0x0203}};
  auto fallback = only12();
  fallback.ciphers.push_back({0x5600});
  auto deflate = only12();
  deflate.compression = {parser::CompressionMethod{1}};
  auto suite13 = hello_openssl(parser::tls13, parser::tls13);
  suite13.ciphers = {{0x13fe}};

  struct Column {
    parser::ClientHello hello;
    std::vector<Cause> causes;
  };
  const Column columns[] = {
      {hello_openssl(parser::tls10, parser::tls10), {Cause::no_shared_version}},
      {hello_without_extensions(parser::ssl3), {Cause::no_shared_version}},
      {hello_openssl(parser::tls13, parser::tls13), {Cause::no_shared_version}},
      {fallback, {Cause::inappropriate_fallback, Cause::no_shared_version}},
      {rc4, {Cause::no_shared_cipher}},
      {suite13, {Cause::no_shared_cipher, Cause::no_shared_version}},
      {ecdsa, {Cause::no_shared_cipher}},
      {group12, {Cause::no_shared_group}},
      {group13, {Cause::no_shared_group, Cause::no_shared_version}},
      {scheme12, {Cause::no_shared_sigalg}},
      {sha1, {Cause::no_shared_sigalg}},
      {deflate, {Cause::compression_unacceptable}},
  };
  struct Row {
    std::string server;
    std::string answers;
  };
  const Row rows[] = {
      {"OpenSSL 3", "80 40 ok 86 40 40 40 40 40 40 40 50"},
      {"GnuTLS", "ok 70 ok 86 40 40 40 40 40 40 ok 47"},
      {"JSSE", "70 70 ok ok 40 40 40 ok 10 ok ok ok"},
      {"Go", "ok 70 ok 86 40 40 40 40 40 40 ok 40"},
      {"Node 0.10", "ok F F ok ok ok F F ok F F F"},
      {"nginx, HAProxy", "70 40 ok 86 40 40 40 40 40 40 40 50"},
      {"mbedTLS", "70 70 40 ok 40 40 40 40 ok 40 40 ok"},
      {"BearSSL", "ok ok 40 ok 40 ok 40 40 ok 40 ok 40"},
      {"rustls", "70 50 ok ok 40 40 40 40 40 40 40 47"},
      {"Botan", "70 70 70 ok 40 70 40 40 70 40 40 47"},
  };
  for (const Row& row : rows) {
    const auto answers = words(row.answers);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (answers[i] == "ok") continue;
      Conversation c;
      c.client_says(columns[i].hello);
      end_with(c, S, answers[i]);
      const Verdict verdict = diagnose(c.timeline());
      INFO(row.server << ", column " << i << ": " << answers[i] << "\n" << shown(verdict));
      CHECK(verdict.closer == Closer::server);
      CHECK(verdict.phase == Phase::client_hello);
      CHECK(std::ranges::find(columns[i].causes, verdict.cause) != columns[i].causes.end());
    }
  }
}

TEST_CASE("each client is at a loss in its own way before a server that speaks no TLS") {
  struct Column {
    parser::Protocol protocol;
    std::string text;
    Cause cause;
  };
  const Column columns[] = {
      {parser::Protocol::http, "HTTP/1.1 400 Bad Request", Cause::tls_to_plain_http},
      {parser::Protocol::smtp, "220 mail.test ESMTP", Cause::tls_to_starttls_service},
      {parser::Protocol::ssh, "SSH-2.0-OpenSSH", Cause::tls_to_ssh},
  };
  for (const std::string answer : {"F", "10", "R", "22r", "70r", "70"}) {
    for (const Column& column : columns) {
      Conversation c;
      c.client_says(hello_openssl()).first_bytes(S, column.protocol, column.text);
      end_with(c, C, answer);
      const Verdict verdict = diagnose(c.timeline());
      INFO(column.text << ": " << answer << "\n" << shown(verdict));
      CHECK(verdict.cause == column.cause);
    }
  }
}

TEST_CASE("each client refuses each odd ServerHello in its own way") {
  auto unoffered = server_hello(parser::tls12, 0x0005);
  auto unknown_extension = tls12_hello();
  unknown_extension.extensions.push_back({0x1234});
  struct Column {
    parser::ServerHello answer;
    std::vector<std::string> alerts;
    Cause cause;
  };
  const Column columns[] = {
      {server_hello(parser::ssl3, 0x0035), {"70", "47", "40", "F"}, Cause::no_shared_version},
      {server_hello(parser::tls10, 0xc014), {"70", "40"}, Cause::no_shared_version},
      {server_hello(parser::tls11, 0xc014), {"70", "40"}, Cause::no_shared_version},
      {server_hello({0x0305}, 0xc030), {"70", "47", "40", "F"}, Cause::no_shared_version},
      {unoffered, {"47", "40", "F"}, Cause::protocol_violation},
      {unknown_extension, {"110", "40", "F"}, Cause::protocol_violation},
  };
  for (const Column& column : columns) {
    for (const std::string& alert : column.alerts) {
      Conversation c;
      c.client_says(hello_openssl(parser::tls12, parser::tls12)).server_says(column.answer);
      end_with(c, C, alert);
      const Verdict verdict = diagnose(c.timeline());
      INFO("version " << column.answer.version.value << ": " << alert << "\n" << shown(verdict));
      CHECK(verdict.closer == Closer::client);
      CHECK(verdict.cause == column.cause);
    }
  }
}
