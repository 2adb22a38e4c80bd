#include "proxy/json_events.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "parser/fingerprint.hpp"
#include "parser/hex.hpp"
#include "proxy/digest.hpp"
#include "proxy/escape.hpp"
#include "proxy/event_line.hpp"

namespace legible::proxy {
namespace {

double milliseconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1000.0;
}

/// A hello in SSLv2 format has no fingerprint.
void fingerprint_field(JsonWriter& line, std::string_view name, const std::string& print) {
  line.key(name);
  print.empty() ? line.value(nullptr) : line.value(escape_again(print));
}

void write_violation(JsonWriter& line, const std::optional<parser::DecodeError>& violation) {
  if (!violation) return;
  line.key("violation");
  line.begin_object();
  line.field("field", violation->field);
  line.field("offset", violation->offset);
  line.end_object();
}

void write_client_hello(JsonWriter& line, const parser::ClientHello& hello) {
  const auto write_version = [&](parser::ProtocolVersion version) {
    line.value(parser::to_text(version));
  };

  line.field("random", parser::hex(hello.random));
  line.key("sni");
  if (hello.sni_state == parser::SniState::absent ||
      hello.sni_state == parser::SniState::malformed) {
    line.value(nullptr);
  } else {
    line.value(escape_ascii(hello.sni));
  }
  if (hello.sni_state != parser::SniState::absent && hello.sni_state != parser::SniState::present) {
    line.field("sni_state", id(hello.sni_state));
  }
  line.array("versions", hello.offered_versions(), write_version);
  line.field("legacy_version", parser::to_text(hello.legacy_version));
  line.field("record_version", parser::to_text(hello.record_version));
  registry_array(line, "ciphers", hello.ciphers);
  if (hello.sslv2_format) {
    line.array("sslv2_cipher_specs", hello.sslv2_cipher_specs, [&](std::uint32_t spec) {
      write_named_id(line, hex_id(spec, 3), parser::sslv2_cipher_spec_name(spec));
    });
  }
  registry_array(line, "extensions", hello.extensions);
  registry_array(line, "groups", hello.groups);
  registry_array(line, "signature_algorithms", hello.signature_algorithms);
  registry_array(line, "key_shares", hello.key_shares);
  registry_array(line, "compression", hello.compression);
  line.array("alpn", hello.alpn,
             [&](const std::string& protocol) { line.value(escape_ascii(protocol)); });
  line.field("session_id_length", hello.session_id_length);
  if (hello.psk_identities != 0) line.field("psk_identities", hello.psk_identities);
  if (hello.early_data) line.field("early_data", true);
  write_violation(line, hello.violation);

  const std::string ja3 = parser::ja3(hello);
  fingerprint_field(line, "ja3", ja3);
  fingerprint_field(line, "ja3_hash", parser::ja3_hash(ja3, md5));
  fingerprint_field(line, "ja4", parser::ja4(hello, sha256));
  line.field("bytes", hello.bytes);
  line.field("records", hello.records);
}

/// TLS 1.3 resumes by a PSK; before it, by echoing the client's session id (RFC 5246 section
/// 7.4.1.3), which TLS 1.3 does always.
bool is_resumed(const parser::ServerHello& hello) {
  if (hello.hello_retry_request) return false;
  return parser::is_tls13_like(hello.version) ? hello.psk_selected : hello.session_id_echoed;
}

void write_server_hello(JsonWriter& line, const parser::ServerHello& hello) {
  line.field("random", parser::hex(hello.random));
  line.field("version", parser::to_text(hello.version));
  line.field("legacy_version", parser::to_text(hello.legacy_version));
  line.key("cipher");
  hello.sslv2_format ? line.value(nullptr) : write_registry_value(line, hello.cipher);
  line.key("compression");
  write_registry_value(line, hello.compression);
  registry_field(line, "group", hello.group);
  registry_array(line, "extensions", hello.extensions);
  line.key("alpn");
  if (hello.alpn) {
    line.value(escape_ascii(*hello.alpn));
  } else {
    line.value(nullptr);
  }
  line.field("resumed", is_resumed(hello));
  const std::string ja3s = parser::ja3s(hello);
  fingerprint_field(line, "ja3s", ja3s);
  fingerprint_field(line, "ja3s_hash", parser::ja3_hash(ja3s, md5));
  write_violation(line, hello.violation);
}

std::string key_text(const certs::PublicKey& key) {
  if (!key.curve.empty()) return escape_utf8(key.algorithm + ' ' + key.curve);
  if (key.bits == 0) return escape_utf8(key.algorithm);
  return escape_utf8(key.algorithm + ' ' + std::to_string(key.bits));
}

void write_date(JsonWriter& line, std::string_view name,
                const std::optional<certs::Seconds>& date) {
  line.key(name);
  if (date) {
    line.value(certs::rfc3339(*date));
  } else {
    line.value(nullptr);
  }
}

void write_certificate(JsonWriter& line, const certs::Certificate& certificate) {
  line.begin_object();
  line.field("subject", escape_utf8(certificate.subject.text));
  line.field("issuer", escape_utf8(certificate.issuer.text));
  line.field("serial", parser::hex(certificate.serial));
  line.field("version", certificate.version);
  write_date(line, "not_before", certificate.not_before);
  write_date(line, "not_after", certificate.not_after);
  line.field("key", key_text(certificate.key));
  line.field("signature", escape_utf8(certificate.signature));
  line.array("sans", certificate.sans,
             [&](const certs::SubjectAltName& name) { line.value(escape_utf8(name.value)); });
  line.field("sha256", parser::hex(certificate.sha256));
  if (!certificate.error.empty()) line.field("error", escape_again(certificate.error));
  line.end_object();
}

/// An empty text is told as null.
void text_or_null(JsonWriter& line, std::string_view name, const std::string& text) {
  line.key(name);
  if (text.empty()) {
    line.value(nullptr);
  } else {
    line.value(escape_utf8(text));
  }
}

template <class Found>
const Found* last_observation(const Timeline& timeline, auto&& wanted) {
  const auto entries = timeline.entries();
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    const auto* observation = std::get_if<parser::Observation>(&entry->fact);
    if (observation == nullptr) continue;
    const auto* found = std::get_if<Found>(observation);
    if (found != nullptr && wanted(*entry, *found)) return found;
  }
  return nullptr;
}

/// Writes the line of one entry; one overload for each fact that is an event.
class EntryWriter {
 public:
  EntryWriter(std::string& out, ConnectionId connection, const Timeline& before, const Entry& entry)
      : out_(out), connection_(connection), before_(before), entry_(entry) {}

  void operator()(const Accepted& accepted) const {
    auto line = begin("accepted");
    line.field("peer", escape_again(accepted.peer));
    line.field("listener", escape_utf8(accepted.listener));
  }

  void operator()(const Target& target) const {
    auto line = begin_without_leg("target");
    line.field("host", escape_ascii(target.host));
    line.field("port", target.port);
    line.field("mode", target.mode);
    line.field("reason", escape_utf8(target.reason));
  }

  void operator()(const Connected& connected) const {
    auto line = begin("connected");
    line.field("address", connected.address);
    if (connected.took) {
      line.field("ms", milliseconds(*connected.took));
    } else {
      line.field("ms", nullptr);
    }
  }

  void operator()(const ConnectFailed& failed) const {
    auto line = begin("connect-failed");
    text_or_null(line, "address", failed.address);
    line.field("error", id(failed.error));
    line.field("detail", escape_again(failed.detail));
  }

  void operator()(const ChainSeen& seen) const {
    auto line = begin("certificate");
    line.field("from", id(party()));
    line.array("chain", *seen.chain,
               [&](const certs::Certificate& each) { write_certificate(line, each); });
  }

  void operator()(const ChainJudged& judged) const {
    const certs::Judgement& judgement = *judged.judgement;
    auto line = begin("certificate-verified");
    line.field("of", id(party()));
    line.field("ok", judgement.ok);
    line.array("problems", judgement.problems, [&](const certs::Problem& problem) {
      line.begin_object();
      line.field("id", certs::id(problem.id));
      line.field("expected", escape_utf8(problem.expected));
      line.field("presented", escape_utf8(problem.presented));
      line.field("depth", problem.depth);
      line.end_object();
    });
    text_or_null(line, "anchor", judgement.anchor);
    text_or_null(line, "subject", judgement.subject);
    text_or_null(line, "name", judged.name);
    line.field("anchors", judgement.system_anchors ? "system" : "given");
  }

  void operator()(const LeafMinted& minted) const {
    auto line = begin("leaf-minted");
    line.field("issuer", id(minted.issuer));
    line.array("added_names", minted.added_names,
               [&](const std::string& name) { line.value(escape_utf8(name)); });
  }

  void operator()(const LegClosed& closed) const {
    if (was_silent(closed)) {
      auto line = begin("peeked");
      line.field("protocol", id(parser::Protocol::silent));
      line.field("first_bytes", "");
    }
    auto line = begin("closed");
    const bool played = party() == Party::proxy;
    line.field("by", closed.by_proxy || played ? "proxy" : "peer");
    line.field("how", id(closed.how));
    line.field("bytes_in", played ? closed.bytes_out : closed.bytes_in);
    line.field("bytes_out", played ? closed.bytes_in : closed.bytes_out);
  }

  void operator()(const parser::Observation& observation) const { std::visit(*this, observation); }

  void operator()(const parser::FirstBytes& first) const {
    if (party() == Party::proxy) return;
    auto line = begin("peeked");
    line.field("protocol", id(first.protocol));
    line.field("first_bytes", parser::hex(std::span(first.bytes).first(first.count)));
  }

  void operator()(const parser::Shared<parser::Dialogue>& dialogue) const {
    auto line = begin_without_leg("starttls");
    line.field("protocol", id(dialogue->protocol));
    line.array("lines", dialogue->lines, [&](const parser::Dialogue::Line& said) {
      line.begin_object();
      line.field("from", id(said.from));
      line.field("text", escape_utf8(said.text));
      line.end_object();
    });
    text_or_null(line, "target", dialogue->target);
  }

  void operator()(const parser::Shared<parser::ClientHello>& hello) const {
    auto line = begin("client-hello");
    write_sender(line);
    write_client_hello(line, *hello);
  }

  void operator()(const parser::Shared<parser::ServerHello>& hello) const {
    auto line = begin(hello->hello_retry_request ? "hello-retry-request" : "server-hello");
    write_sender(line);
    write_server_hello(line, *hello);
  }

  void operator()(const parser::Shared<parser::CertificateRequest>& request) const {
    auto line = begin("certificate-request");
    write_sender(line);
    registry_array(line, "types", request->types);
    registry_array(line, "signature_algorithms", request->signature_algorithms);
    line.array("authorities", request->authorities, [&](const std::vector<std::uint8_t>& der) {
      const std::optional<certs::Name> name = certs::read_name(der);
      line.value(name ? escape_utf8(name->text) : "DER:" + parser::hex(der));
    });
  }

  void operator()(const parser::Alert& alert) const {
    auto line = begin("alert");
    line.field("from", id(party()));
    write_alert_fields(line, alert.level, alert.description);
    line.field("encrypted", alert.encrypted);
    line.field("inferred", alert.inferred);
  }

  void operator()(const parser::HandshakeDone& done) const {
    auto line = intercepted() ? begin("handshake-done") : begin_without_leg("handshake-done");
    const auto* hello = server_hello();
    line.key("version");
    hello ? line.value(parser::to_text(hello->version)) : line.value(nullptr);
    line.key("cipher");
    hello ? write_registry_value(line, hello->cipher) : line.value(nullptr);
    line.key("ms");
    const auto entries = before_.entries();
    entries.empty() ? line.value(nullptr)
                    : line.value(milliseconds(entry_.time - entries.front().time));
    line.field("resumed", done.resumed);
    line.field("inferred", done.inferred);
  }

  void operator()(const parser::Malformed& malformed) const {
    auto line = begin("malformed");
    line.field("what", escape_again(malformed.what));
    line.field("field", escape_again(malformed.field));
    line.field("offset", malformed.offset);
    line.field("from", id(party()));
  }

  void operator()(const parser::Incomplete& incomplete) const {
    auto line = begin("incomplete");
    line.field("what", escape_again(incomplete.what));
    line.field("offset", incomplete.offset);
    line.field("missing", incomplete.missing);
    line.field("from", id(party()));
  }

  void operator()(const parser::LimitReached& reached) const {
    auto line = begin("notice");
    line.field("what", "limit reached: " + escape_again(reached.what));
    line.field("limit", reached.limit);
  }

  /// What is left: of use to the diagnosis, and to nobody who reads events.
  template <class NoEvent>
  void operator()(const NoEvent&) const {}

 private:
  bool intercepted() const { return before_.scope() != Scope::relayed; }
  Party party() const { return proxy::party(before_.scope(), entry_.leg); }

  EventLine begin(std::string_view event) const {
    return EventLine(out_, entry_.time, event, connection_, leg_of(before_.scope(), entry_.leg));
  }
  /// Of a message that the proxy may have sent in a peer's place.
  void write_sender(JsonWriter& line) const {
    if (intercepted()) line.field("from", id(party()));
  }
  EventLine begin_without_leg(std::string_view event) const {
    return EventLine(out_, entry_.time, event, connection_);
  }

  const parser::ServerHello* server_hello() const {
    const auto* hello = last_observation<parser::Shared<parser::ServerHello>>(
        before_, [](const Entry&, const auto& found) { return !found->hello_retry_request; });
    return hello != nullptr ? hello->get() : nullptr;
  }

  /// The client ended, or was waited for in vain, without a byte. When the proxy gave up for
  /// another reason the client may have had no chance to speak.
  bool was_silent(const LegClosed& closed) const {
    if (party() != Party::client || closed.bytes_in != 0) return false;
    if (closed.by_proxy && closed.how != parser::StreamEnd::timeout) return false;
    return std::ranges::none_of(before_.entries(), [](const Entry& entry) {
      const auto* observation = std::get_if<parser::Observation>(&entry.fact);
      const bool peeked =
          observation != nullptr && std::holds_alternative<parser::FirstBytes>(*observation);
      return entry.leg == Leg::client && (peeked || std::holds_alternative<LegClosed>(entry.fact));
    });
  }

  std::string& out_;
  ConnectionId connection_;
  const Timeline& before_;
  const Entry& entry_;
};

}  // namespace

void write_alert_fields(JsonWriter& json, const std::optional<parser::AlertLevel>& level,
                        const std::optional<parser::AlertDescription>& description) {
  json.key("level");
  if (level == parser::alert_level::warning) {
    json.value("warning");
  } else if (level == parser::alert_level::fatal) {
    json.value("fatal");
  } else {
    json.value(nullptr);
  }
  const std::string_view known = description ? parser::name(*description) : std::string_view();
  json.key("description");
  known.empty() ? json.value(nullptr) : json.value(known);
  json.key("number");
  description ? json.value(description->value) : json.value(nullptr);
}

void append_listening(std::string& out, Time time, std::string_view address) {
  EventLine(out, time, "listening").field("address", address);
}

void append_notice(std::string& out, Time time, std::string_view what) {
  EventLine(out, time, "notice").field("what", escape_again(what));
}

void append_entry(std::string& out, ConnectionId connection, const Timeline& before,
                  const Entry& entry) {
  std::visit(EntryWriter(out, connection, before, entry), entry.fact);
}

}  // namespace legible::proxy
