#include "support/observation_recorder.hpp"

#include <array>

namespace legible::test {
namespace {

using namespace parser;

constexpr std::array<const char*, 20> protocol_names{
    "tls",  "sslv2-hello",    "http",    "http-connect", "socks4",     "socks5", "ssh",  "smtp",
    "imap", "pop3",           "ftp",     "ldap",         "postgresql", "mysql",  "xmpp", "nats",
    "tds",  "proxy-protocol", "unknown", "silent"};

const char* name_of(Protocol protocol) {
  return protocol_names[static_cast<std::size_t>(protocol)];
}

struct Describe {
  std::string operator()(const FirstBytes& first) const {
    return std::string("FirstBytes ") + name_of(first.protocol);
  }
  std::string operator()(const Shared<Dialogue>& dialogue) const {
    std::string all = std::string("Dialogue ") + name_of(dialogue->protocol);
    if (!dialogue->target.empty()) all += " to " + dialogue->target;
    for (const Dialogue::Line& line : dialogue->lines) {
      all += (line.from == Side::client ? " | C " : " | S ") + line.text;
    }
    return all;
  }
  std::string operator()(const Shared<PlainHttp>& http) const {
    return "PlainHttp " +
           (http->status != 0 ? std::to_string(http->status) : http->method + " " + http->target) +
           " " + http->server;
  }
  std::string operator()(const Shared<ClientHello>& hello) const {
    return "ClientHello " + std::to_string(hello->ciphers.size()) + " ciphers " + hello->sni;
  }
  std::string operator()(const Shared<ServerHello>& hello) const {
    return "ServerHello " + std::to_string(hello->cipher.value);
  }
  std::string operator()(const EncryptedExtensions&) const { return "EncryptedExtensions"; }
  std::string operator()(const Shared<CertificateMessage>& message) const {
    return "Certificate " + std::to_string(message->chain.size());
  }
  std::string operator()(const Shared<CertificateRequest>& request) const {
    return "CertificateRequest " + std::to_string(request->authorities.size()) + " authorities";
  }
  std::string operator()(const ServerKeyExchange&) const { return "ServerKeyExchange"; }
  std::string operator()(const CertificateVerify&) const { return "CertificateVerify"; }
  std::string operator()(const HandshakeMessage& message) const {
    return "HandshakeMessage " + std::to_string(message.type.value);
  }
  std::string operator()(const ChangeCipherSpec&) const { return "ChangeCipherSpec"; }
  std::string operator()(const Alert& alert) const {
    std::string text = "Alert";
    if (alert.level) text += " " + std::to_string(alert.level->value);
    if (alert.description) text += " " + std::to_string(alert.description->value);
    return text + (alert.encrypted ? " encrypted" : "") + (alert.inferred ? " inferred" : "");
  }
  std::string operator()(const EncryptedRecord& record) const {
    return "EncryptedRecord " + std::to_string(record.type.value) + " " +
           std::to_string(record.length);
  }
  std::string operator()(const HandshakeDone& done) const {
    return std::string("HandshakeDone") + (done.inferred ? " inferred" : "") +
           (done.resumed ? " resumed" : "");
  }
  std::string operator()(const Malformed& malformed) const {
    return "Malformed " + malformed.what + ": " + malformed.field + " at " +
           std::to_string(malformed.offset);
  }
  std::string operator()(const Incomplete& incomplete) const {
    return "Incomplete " + incomplete.what + " at " + std::to_string(incomplete.offset) +
           " missing " + std::to_string(incomplete.missing);
  }
  std::string operator()(const LimitReached& reached) const {
    return "LimitReached " + reached.what + " " + std::to_string(reached.limit);
  }
};

}  // namespace

std::string describe(const parser::Observation& observation) {
  return std::visit(Describe{}, observation);
}

std::vector<std::string> ObservationRecorder::lines() const {
  std::vector<std::string> all;
  all.reserve(entries.size());
  for (const Entry& entry : entries) {
    all.push_back((entry.from == parser::Side::client ? "client: " : "server: ") +
                  describe(entry.observation));
  }
  return all;
}

}  // namespace legible::test
