#include "proxy/diagnosis/primary_event.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "parser/alert.hpp"
#include "parser/cipher_traits.hpp"
#include "parser/handshake_messages.hpp"
#include "proxy/diagnosis/observations.hpp"
#include "proxy/diagnosis/wire_names.hpp"
#include "proxy/text/tls_words.hpp"

namespace legible::proxy::diagnosis {
namespace {

using parser::Protocol;
using parser::StreamEnd;

constexpr Closer closer_of(Leg leg) { return leg == Leg::client ? Closer::client : Closer::server; }

/// Services that speak first, or that a client may upgrade: their greeting ends nothing.
constexpr bool greets(Protocol protocol) {
  switch (protocol) {
    case Protocol::smtp:
    case Protocol::imap:
    case Protocol::pop3:
    case Protocol::ftp:
    case Protocol::ssh:
      return true;
    default:
      return false;
  }
}

constexpr int bad_request = 400;

constexpr bool may_be_alert(parser::Content likely) {
  return likely == parser::Content::alert || likely == parser::Content::alert_or_empty_certificate;
}

/// One walk over the entries in their order.
class Search {
 public:
  explicit Search(const Timeline& timeline) : timeline_(timeline), entries_(timeline.entries()) {
    for (const Leg leg : {Leg::client, Leg::server}) note_hidden_alert(leg);
  }

  PrimaryEvent run() {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (const auto* hello = shared<parser::ServerHello>(entries_[i])) version_ = hello->version;
      if (const auto* dialogue = shared<parser::Dialogue>(entries_[i])) {
        upgraded_ |= !dialogue->with_proxy;
      }
      handshake_done_ |= observed<parser::HandshakeDone>(entries_[i]) != nullptr;
      auto event = terminal(i);
      if (!event) continue;
      const auto judges_since =
          event->closer == Closer::client ? judged_by_server_since(i) : std::nullopt;
      if (judges_since) {
        // Later, what cannot be read is a goodbye that answers the client's.
        const bool soon = entries_[i].time - *judges_since < shortest_timer;
        auto refusal = next_of_server(i);
        if (refusal && (soon || refusal->mechanism == Mechanism::alert_fatal)) return *refusal;
      }
      if (event->closer == Closer::server && event->mechanism == Mechanism::close_notify) {
        if (auto fault = fault_found_by_client(i)) return *fault;
      }
      return finish(*event, i);
    }
    return nothing_ended_it();
  }

 private:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  /// In TLS 1.3 an alert is an encrypted record like any other. That it was one is known when the
  /// stream ends with it; it happened when the record came. JSSE sends two of the same size
  /// (user_canceled, close_notify): the first one counts.
  void note_hidden_alert(Leg leg) {
    std::size_t& hidden = hidden_alert_[static_cast<std::size_t>(leg)];
    std::size_t run = none;
    std::uint16_t length = 0;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (entries_[i].leg != leg) continue;
      if (const auto* record = observed<parser::EncryptedRecord>(entries_[i])) {
        if (!may_be_alert(record->likely)) {
          run = none;
        } else if (run == none || record->length != length) {
          run = i;
          length = record->length;
        }
      } else if (const auto* alert = observed<parser::Alert>(entries_[i]);
                 alert && alert->inferred) {
        if (run == none) hidden = i;
        if (run != none && length == alert_length(leg).value_or(length)) hidden = run;
        return;
      }
    }
    const bool fits = run != none && length == alert_length(leg).value_or(length);
    if (leg == Leg::server && fits && reset_by_client_over(run)) hidden = run;
  }

  /// A client's reset, which answers the server's last word, may overtake the end of its stream.
  bool reset_by_client_over(std::size_t record) const {
    const Time said = entries_[record].time;
    if (timeline_.flow(Leg::server).last > said) return false;
    return std::any_of(entries_.begin() + static_cast<std::ptrdiff_t>(record), entries_.end(),
                       [&](const Entry& entry) {
                         const auto* closed = std::get_if<LegClosed>(&entry.fact);
                         return closed && entry.leg == Leg::client && !closed->by_proxy &&
                                closed->how == parser::StreamEnd::rst &&
                                entry.time - said < shortest_timer;
                       });
  }

  /// The length of this side's alerts, from that of its Finished: a stack pads all its records or
  /// none, so that 18 bytes of data are not taken for a padded alert.
  std::optional<int> alert_length(Leg leg) const {
    constexpr int content_type = 1;
    constexpr int alert = 2;
    constexpr int handshake_header = 4;
    constexpr int jsse_padding = 16;
    parser::CipherTraits suite;
    for (const Entry& entry : entries_) {
      if (const auto* hello = shared<parser::ServerHello>(entry)) {
        suite = parser::traits(hello->cipher);
      }
      const auto* record = observed<parser::EncryptedRecord>(entry);
      if (!record || entry.leg != leg || record->likely != parser::Content::finished) continue;
      const int finished = handshake_header + suite.hash_bytes;
      const int padding = record->length - finished - content_type - suite.tag_bytes;
      // mbedTLS rounds up instead: no fixed distance between the two.
      if (padding != 0 && padding != jsse_padding) return std::nullopt;
      return alert + content_type + suite.tag_bytes + padding;
    }
    return std::nullopt;
  }

  /// In TLS 1.3 a client is done before the server has judged its certificate. One that then leaves
  /// in order, having nothing to say, ends nothing: the refusal is on its way.
  std::optional<Time> judged_by_server_since(std::size_t end) const {
    // Where the proxy plays the server, what it does next is for the server leg's sake.
    if (timeline_.scope() == Scope::client_leg) return std::nullopt;
    bool certificate = false;
    std::optional<Time> finished;
    for (std::size_t i = 0; i < end; ++i) {
      const Entry& entry = entries_[i];
      if (const auto* hello = shared<parser::ServerHello>(entry);
          hello && !parser::is_tls13_like(hello->version)) {
        return std::nullopt;
      }
      if (finished && entry.leg == Leg::server &&
          std::holds_alternative<parser::Observation>(entry.fact)) {
        return std::nullopt;  // a ticket: it has judged
      }
      if (std::holds_alternative<ChainSeen>(entry.fact)) certificate |= entry.leg == Leg::client;
      if (entry.leg != Leg::client) continue;
      if (const auto* record = observed<parser::EncryptedRecord>(entry)) {
        certificate |= record->likely == parser::Content::empty_certificate ||
                       record->likely == parser::Content::alert_or_empty_certificate ||
                       record->likely == parser::Content::empty_certificate_and_finished ||
                       record->likely == parser::Content::certificate_flight;
        const bool ends = record->likely == parser::Content::finished ||
                          record->likely == parser::Content::empty_certificate_and_finished;
        if (ends && !finished) finished = entry.time;
      }
      const auto* message = observed<parser::HandshakeMessage>(entry);
      const bool read = message && message->type == parser::handshake_type::finished;
      if (read && !finished) finished = entry.time;
    }
    return certificate ? finished : std::nullopt;
  }

  /// What the server does next, if that is an end.
  std::optional<PrimaryEvent> next_of_server(std::size_t from) {
    for (std::size_t i = from + 1; i < entries_.size(); ++i) {
      if (entries_[i].leg != Leg::server) continue;
      if (auto event = terminal(i)) {
        // A FIN or RST answers the client's own end.
        if (!event->alert) return std::nullopt;
        event->client_had_left = true;
        return finish(*event, i);
      }
      if (std::holds_alternative<parser::Observation>(entries_[i].fact)) return std::nullopt;
    }
    return std::nullopt;
  }

  /// A server's goodbye may come together with what the client cannot take. An error that answers
  /// it was found before; JSSE's internal_error is about the end itself. A server that has said
  /// nothing but goodbye gave no cause.
  std::optional<PrimaryEvent> fault_found_by_client(std::size_t from) {
    const bool has_begun = std::ranges::any_of(entries_.first(from), [](const Entry& entry) {
      return shared<parser::ServerHello>(entry) != nullptr;
    });
    if (!has_begun) return std::nullopt;
    for (std::size_t i = from + 1; i < entries_.size(); ++i) {
      if (entries_[i].leg != Leg::client) continue;
      const auto* alert = observed<parser::Alert>(entries_[i]);
      if (!alert) {
        if (std::holds_alternative<parser::Observation>(entries_[i].fact)) return std::nullopt;
        continue;
      }
      auto event = terminal(i);
      const bool fault = event && event->mechanism == Mechanism::alert_fatal &&
                         event->alert_number() != alert_number::internal_error;
      if (!fault) return std::nullopt;
      return finish(*event, i);
    }
    return std::nullopt;
  }

  std::optional<PrimaryEvent> terminal(std::size_t i) {
    const Entry& entry = entries_[i];
    if (std::holds_alternative<parser::Observation>(entry.fact)) {
      last_observation_[static_cast<std::size_t>(entry.leg)] = i;
    }
    if (i == hidden_alert_[static_cast<std::size_t>(entry.leg)]) return unreadable_alert(entry);
    if (const auto* alert = observed<parser::Alert>(entry)) {
      if (alert->inferred) return std::nullopt;  // what it was inferred from has been weighed
      return from_alert(entry, *alert);
    }
    if (const auto* record = observed<parser::EncryptedRecord>(entry);
        record && record->type == parser::content_type::alert) {
      return unreadable_alert(entry);
    }
    if (const auto* first = observed<parser::FirstBytes>(entry)) {
      return from_first_bytes(entry, *first, i);
    }
    if (const auto* malformed = observed<parser::Malformed>(entry)) {
      return from_clear_text(entry, *malformed);
    }
    if (const auto* closed = std::get_if<LegClosed>(&entry.fact)) return from_close(entry, *closed);
    if (std::holds_alternative<ConnectFailed>(entry.fact)) {
      return event(Closer::proxy, Leg::server, Mechanism::connect_failed);
    }
    if (const auto* closing = std::get_if<ProxyClosing>(&entry.fact)) {
      return from_proxy(entry, *closing);
    }
    if (std::holds_alternative<StillOpen>(entry.fact)) {
      return event(Closer::nobody, std::nullopt, Mechanism::still_open);
    }
    return std::nullopt;
  }

  static PrimaryEvent event(Closer closer, std::optional<Leg> leg, Mechanism mechanism) {
    PrimaryEvent event;
    event.closer = closer;
    event.leg = leg;
    event.mechanism = mechanism;
    return event;
  }

  static PrimaryEvent unreadable_alert(const Entry& entry) {
    PrimaryEvent found = event(closer_of(entry.leg), entry.leg, Mechanism::alert_encrypted);
    found.alert =
        VerdictAlert{entry.leg, party(Scope::relayed, entry.leg), std::nullopt, std::nullopt, true};
    return found;
  }

  std::optional<PrimaryEvent> from_alert(const Entry& entry, const parser::Alert& alert) {
    if (!alert.description) return unreadable_alert(entry);

    const auto number = alert.description->value;
    const bool fatal = parser::is_error(alert.level.value_or(parser::alert_level::fatal),
                                        *alert.description, version_);
    bool& canceled = user_canceled_[static_cast<std::size_t>(entry.leg)];
    if (!fatal && number != alert_number::close_notify) {
      // A warning ends nothing by itself; who fails because of it is told by the rules.
      if (number == alert_number::user_canceled) canceled = true;
      return std::nullopt;
    }
    const Mechanism mechanism = fatal      ? Mechanism::alert_fatal
                                : canceled ? Mechanism::alert_warning
                                           : Mechanism::close_notify;
    PrimaryEvent found = event(closer_of(entry.leg), entry.leg, mechanism);
    found.alert = VerdictAlert{entry.leg, party(Scope::relayed, entry.leg), alert.level,
                               alert.description, alert.encrypted};
    return found;
  }

  std::optional<PrimaryEvent> from_first_bytes(const Entry& entry, const parser::FirstBytes& first,
                                               std::size_t i) {
    if (entry.leg == Leg::client) {
      client_spoke_ = first.protocol != Protocol::silent;
      return std::nullopt;
    }
    const bool tls = first.protocol == Protocol::tls || first.protocol == Protocol::sslv2_hello;
    if (tls || first.protocol == Protocol::silent || handshake_done_) return std::nullopt;
    if (!client_spoke_ || greets(first.protocol) || conversation_goes_on(i)) return std::nullopt;
    return event(Closer::server, Leg::server, Mechanism::plaintext_reply);
  }

  /// After a handshake that a dialogue in clear led to, a client may go back to that dialogue: it
  /// has given TLS up. OpenLDAP's take their leave so.
  std::optional<PrimaryEvent> from_clear_text(const Entry& entry,
                                              const parser::Malformed& malformed) const {
    const bool no_record = malformed.what == "record" && malformed.field == "type";
    if (!no_record || entry.leg != Leg::client || !upgraded_ || !handshake_done_) {
      return std::nullopt;
    }
    return event(Closer::client, Leg::client, Mechanism::plaintext_reply);
  }

  /// The server's plain bytes refuse nothing when TLS follows them (CONNECT, SSLRequest), or when
  /// both sides talk plain HTTP and the answer does not say that TLS is wanted.
  bool conversation_goes_on(std::size_t from) const {
    bool client_is_plain = false;
    bool client_is_known = true;
    bool client_asks_in_http = false;
    bool client_asks_proxy = false;
    for (std::size_t i = 0; i < from; ++i) {
      const auto* first = observed<parser::FirstBytes>(entries_[i]);
      if (!first || entries_[i].leg != Leg::client) continue;
      client_is_plain = !is_tls(first->protocol);
      client_is_known = first->protocol != Protocol::unknown;
      client_asks_in_http =
          first->protocol == Protocol::http || first->protocol == Protocol::http_connect;
      client_asks_proxy = first->protocol == Protocol::http_connect;
    }
    bool answered = false;
    bool complains = false;
    for (std::size_t i = from; i < entries_.size(); ++i) {
      const bool refused_tunnel = client_asks_proxy && complains;
      if (shared<parser::Dialogue>(entries_[i]) && !refused_tunnel) return true;
      if (shared<parser::ClientHello>(entries_[i])) return true;
      if (shared<parser::ServerHello>(entries_[i])) return true;
      const auto* http = shared<parser::PlainHttp>(entries_[i]);
      if (!http || entries_[i].leg != Leg::server) continue;
      answered = true;
      complains |= !words_for_tls(http->text).empty();
      complains |= http->status == bad_request && !client_asks_in_http;
      complains |= http->status > bad_request && client_asks_proxy;
    }
    if (answered) return client_is_plain && !complains;
    const auto* answer = observed<parser::FirstBytes>(entries_[from]);
    // Of what neither side's beginning tells, nothing is known to be refused.
    const bool unknown = answer && answer->protocol == Protocol::unknown && !client_is_known;
    return client_is_plain && (!answer || unknown);
  }

  static bool is_tls(Protocol protocol) {
    return protocol == Protocol::tls || protocol == Protocol::sslv2_hello;
  }

  /// A warning that is the last thing a side says, right before it closes, is why it closes.
  std::optional<PrimaryEvent> from_last_warning(const Entry& close) const {
    const std::size_t last = last_observation_[static_cast<std::size_t>(close.leg)];
    if (last == none || close.time - entries_[last].time > own_close_window) return std::nullopt;
    const auto* alert = observed<parser::Alert>(entries_[last]);
    if (!alert || !alert->description || ends_in_order(alert->description->value)) {
      return std::nullopt;
    }
    PrimaryEvent found = event(closer_of(close.leg), close.leg, Mechanism::alert_warning);
    found.alert = VerdictAlert{close.leg, party(Scope::relayed, close.leg), alert->level,
                               alert->description, alert->encrypted};
    return found;
  }

  std::optional<PrimaryEvent> from_close(const Entry& entry, const LegClosed& closed) const {
    if (closed.by_proxy) return std::nullopt;
    if (auto warning = from_last_warning(entry)) return warning;
    Mechanism mechanism = Mechanism::fin;
    if (closed.how == StreamEnd::rst || closed.how == StreamEnd::error) mechanism = Mechanism::rst;
    if (closed.how == StreamEnd::timeout) mechanism = Mechanism::timeout;
    return event(closer_of(entry.leg), entry.leg, mechanism);
  }

  static PrimaryEvent from_proxy(const Entry& entry, const ProxyClosing& closing) {
    const bool timer = closing.reason == ProxyReason::handshake_timeout ||
                       closing.reason == ProxyReason::idle_timeout;
    return event(Closer::proxy, entry.leg, timer ? Mechanism::timeout : Mechanism::proxy_abort);
  }

  PrimaryEvent nothing_ended_it() {
    const auto closed = std::ranges::find_if(
        entries_, [](const Entry& entry) { return std::holds_alternative<LegClosed>(entry.fact); });
    if (closed != entries_.end()) {
      return finish(event(Closer::proxy, closed->leg, Mechanism::proxy_abort),
                    static_cast<std::size_t>(closed - entries_.begin()));
    }
    PrimaryEvent open = event(Closer::nobody, std::nullopt, Mechanism::still_open);
    open.index = entries_.size();
    if (!entries_.empty()) {
      open.time = entries_.back().time;
      open.number = entries_.back().number;
    }
    return open;
  }

  PrimaryEvent finish(PrimaryEvent found, std::size_t index) const {
    found.index = index;
    found.time = entries_[index].time;
    found.number = entries_[index].number;
    found.silence = silence_before(index);
    if (found.leg) found.since_other = since(parser::other(*found.leg), index);
    if (found.alert) found.followed_by = own_close_after(index, *found.leg);
    return found;
  }

  /// JSSE's user_canceled belongs to the close_notify that follows it, and so does that a side's
  /// first bytes are this very alert.
  static bool is_prelude(const Entry& entry) {
    const auto* first = observed<parser::FirstBytes>(entry);
    if (first && first->protocol == Protocol::tls) {
      return first->bytes[0] == parser::content_type::alert.value;
    }
    const auto* alert = observed<parser::Alert>(entry);
    return alert && alert->description && alert->description->value == alert_number::user_canceled;
  }

  std::chrono::microseconds silence_before(std::size_t index) const {
    const Time end = entries_[index].time;
    std::optional<Time> last;
    const auto consider = [&](Time time) {
      if (time <= end && (!last || time > *last)) last = time;
    };
    std::size_t before = index;
    while (before > 0 && is_prelude(entries_[before - 1])) --before;
    if (before > 0) consider(entries_[before - 1].time);
    const bool closed = std::holds_alternative<LegClosed>(entries_[index].fact) ||
                        std::holds_alternative<ProxyClosing>(entries_[index].fact) ||
                        std::holds_alternative<StillOpen>(entries_[index].fact);
    for (const Leg leg : {Leg::client, Leg::server}) {
      // The bytes of the alert itself are no earlier activity.
      if (timeline_.flow(leg).bytes > 0 && (closed || timeline_.flow(leg).last < end)) {
        consider(timeline_.flow(leg).last);
      }
      if (was_sending(leg, index)) consider(end);
    }
    return last ? end - *last : std::chrono::microseconds{};
  }

  /// What came after the other side's end was on its way: when the one before came is not kept.
  bool was_sending(Leg leg, std::size_t index) const {
    const Flow& flow = timeline_.flow(leg);
    const std::uint64_t all = flow.bytes;
    const Time end = entries_[index].time;
    // What is said seconds later was not on its way.
    if (flow.last <= end || (flow.after_end && *flow.after_end - end >= shortest_timer)) {
      return false;
    }
    for (const Entry& entry : entries_.subspan(index)) {
      const auto* closed = std::get_if<LegClosed>(&entry.fact);
      if (closed && entry.leg != leg) return all > closed->bytes_out + longest_goodbye;
    }
    return false;
  }

  std::chrono::microseconds since(Leg leg, std::size_t index) const {
    if (was_sending(leg, index)) return {};
    const Time end = entries_[index].time;
    std::optional<Time> last;
    for (const Entry& entry : entries_.first(index)) {
      if (entry.leg == leg) last = entry.time;
    }
    const Flow& flow = timeline_.flow(leg);
    if (flow.bytes > 0 && flow.last <= end) last = std::max(last.value_or(flow.last), flow.last);
    return last ? end - *last : std::chrono::microseconds{};
  }

  std::optional<StreamEnd> own_close_after(std::size_t index, Leg leg) const {
    for (std::size_t i = index; i < entries_.size(); ++i) {
      const auto* closed = std::get_if<LegClosed>(&entries_[i].fact);
      if (!closed || closed->by_proxy || entries_[i].leg != leg) continue;
      if (entries_[i].time - entries_[index].time <= own_close_window) return closed->how;
      return std::nullopt;
    }
    return std::nullopt;
  }

  const Timeline& timeline_;
  std::span<const Entry> entries_;
  std::array<std::size_t, 2> hidden_alert_{none, none};
  std::array<bool, 2> user_canceled_{};
  std::array<std::size_t, 2> last_observation_{none, none};
  bool client_spoke_ = false;
  bool upgraded_ = false;                           ///< TLS follows a dialogue with the server
  bool handshake_done_ = false;                     ///< both Finished
  std::optional<parser::ProtocolVersion> version_;  ///< that the server chose, so far
};

}  // namespace

std::optional<int> PrimaryEvent::alert_number() const {
  if (!alert || !alert->description) return std::nullopt;
  return alert->description->value;
}

PrimaryEvent find_primary_event(const Timeline& timeline) { return Search{timeline}.run(); }

}  // namespace legible::proxy::diagnosis
