#include "proxy/sinks/json_events.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <memory>
#include <ranges>
#include <span>
#include <variant>
#include <vector>

#include "parser/hex.hpp"
#include "proxy/sinks/event_line.hpp"
#include "proxy/sinks/hello_fields.hpp"
#include "proxy/text/escape.hpp"

namespace legible::proxy {
namespace {

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
  escaped_field(line, "subject", certificate.subject.text, escape_utf8);
  escaped_field(line, "issuer", certificate.issuer.text, escape_utf8);
  line.hex_field("serial", certificate.serial);
  line.field("version", certificate.version);
  write_date(line, "not_before", certificate.not_before);
  write_date(line, "not_after", certificate.not_after);
  line.field("key", key_text(certificate.key));
  escaped_field(line, "signature", certificate.signature, escape_utf8);
  line.array("sans", certificate.sans, [&](const certs::SubjectAltName& name) {
    escaped_value(line, name.value, escape_utf8);
  });
  line.hex_field("sha256", certificate.sha256);
  if (!certificate.error.empty()) escaped_field(line, "error", certificate.error, escape_again);
  line.end_object();
}

/// An empty text is told as null.
void text_or_null(JsonWriter& line, std::string_view name, const std::string& text) {
  line.key(name);
  if (text.empty()) {
    line.value(nullptr);
  } else {
    escaped_value(line, text, escape_utf8);
  }
}

template <class Found>
const Found* last_observation(const Timeline& timeline, auto&& wanted) {
  for (const Entry& entry : std::views::reverse(timeline.entries())) {
    const auto* observation = std::get_if<parser::Observation>(&entry.fact);
    if (observation == nullptr) continue;
    const auto* found = std::get_if<Found>(observation);
    if (found != nullptr && wanted(entry, *found)) return found;
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
    escaped_field(line, "peer", accepted.peer, escape_again);
    escaped_field(line, "listener", accepted.listener, escape_utf8);
  }

  void operator()(const Represented& represented) const {
    auto line = begin("represented");
    escaped_field(line, "peer", represented.peer, escape_again);
  }

  void operator()(const Target& target) const {
    auto line = begin_without_leg("target");
    escaped_field(line, "host", target.host, escape_ascii);
    line.field("port", target.port);
    line.field("mode", target.mode);
    line.field("reason", escape_utf8(target.reason));
    line.plain_field("found_by", id(target.found_by));
  }

  void operator()(const Connected& connected) const {
    auto line = begin("connected");
    line.field("address", connected.address);
    if (connected.took) {
      line.field("ms", *connected.took);
    } else {
      line.field("ms", nullptr);
    }
    if (!connected.local.empty()) line.field("local", connected.local);
  }

  void operator()(const ConnectFailed& failed) const {
    auto line = begin("connect-failed");
    text_or_null(line, "address", failed.address);
    line.plain_field("error", id(failed.error));
    line.field("here", failed.here);
    escaped_field(line, "detail", failed.detail, escape_again);
  }

  void operator()(const ChainSeen& seen) const {
    auto line = begin("certificate");
    line.plain_field("from", id(party()));
    line.array("chain", *seen.chain,
               [&](const certs::Certificate& each) { write_certificate(line, each); });
  }

  void operator()(const ChainJudged& judged) const {
    const certs::Judgement& judgement = *judged.judgement;
    auto line = begin("certificate-verified");
    line.plain_field("of", id(party()));
    line.field("ok", judgement.ok);
    line.array("problems", judgement.problems, [&](const certs::Problem& problem) {
      line.begin_object();
      line.plain_field("id", certs::id(problem.id));
      escaped_field(line, "expected", problem.expected, escape_utf8);
      escaped_field(line, "presented", problem.presented, escape_utf8);
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
    const auto problem = [&](certs::ProblemId found) { line.plain_value(id(found)); };
    line.plain_field("issuer", id(minted.plan->issuer));
    line.array("added_names", minted.added_names,
               [&](const std::string& name) { escaped_value(line, name, escape_utf8); });
    line.field("repaired", minted.plan->repaired);
    line.array("mirrored", minted.plan->carried, problem);
    line.array("not_mirrored", minted.plan->not_carried, problem);
  }

  void operator()(const LegClosed& closed) const {
    if (was_silent(closed)) {
      auto line = begin("peeked");
      line.plain_field("protocol", id(parser::Protocol::silent));
      line.field("first_bytes", "");
    }
    auto line = begin("closed");
    const bool played = party() == Party::proxy;
    line.field("by", closed.by_proxy || played ? "proxy" : "peer");
    line.plain_field("how", id(closed.how));
    line.field("bytes_in", played ? closed.bytes_out : closed.bytes_in);
    line.field("bytes_out", played ? closed.bytes_in : closed.bytes_out);
  }

  void operator()(const parser::Observation& observation) const { std::visit(*this, observation); }

  void operator()(const parser::FirstBytes& first) const {
    if (party() == Party::proxy) return;
    auto line = begin("peeked");
    line.plain_field("protocol", id(first.protocol));
    line.hex_field("first_bytes", std::span(first.bytes).first(first.count));
  }

  void operator()(const parser::Shared<parser::Dialogue>& dialogue) const {
    auto line = begin_without_leg("starttls");
    line.plain_field("protocol", id(dialogue->protocol));
    line.array("lines", dialogue->lines, [&](const parser::Dialogue::Line& said) {
      line.begin_object();
      const bool own = dialogue->with_proxy && said.from == Leg::server;
      line.plain_field("from", own ? "proxy" : id(said.from));
      escaped_field(line, "text", said.text, escape_utf8);
      line.end_object();
    });
    text_or_null(line, "target", dialogue->target);
  }

  void operator()(const parser::Shared<parser::ClientHello>& hello) const {
    auto line = begin("client-hello");
    write_sender(line);
    write_hello(line, *hello);
  }

  void operator()(const parser::Shared<parser::ServerHello>& hello) const {
    auto line = begin(hello->hello_retry_request ? "hello-retry-request" : "server-hello");
    write_sender(line);
    write_hello(line, *hello);
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
    line.plain_field("from", id(party()));
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
    entries.empty() ? line.value(nullptr) : line.value(entry_.time - entries.front().time);
    line.field("resumed", done.resumed);
    line.field("inferred", done.inferred);
  }

  void operator()(const parser::Malformed& malformed) const {
    auto line = begin("malformed");
    escaped_field(line, "what", malformed.what, escape_again);
    escaped_field(line, "field", malformed.field, escape_again);
    line.field("offset", malformed.offset);
    line.plain_field("from", id(party()));
  }

  void operator()(const parser::Incomplete& incomplete) const {
    auto line = begin("incomplete");
    escaped_field(line, "what", incomplete.what, escape_again);
    line.field("offset", incomplete.offset);
    line.field("missing", incomplete.missing);
    line.plain_field("from", id(party()));
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
    if (intercepted()) line.plain_field("from", id(party()));
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
