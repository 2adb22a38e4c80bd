#include "proxy/client_intake.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "parser/protocol_detector.hpp"

namespace legible::proxy {
namespace {

using namespace std::chrono_literals;
using Lack = FirstFlight::Lack;

// Who says nothing for so long may wait for the server to speak first, as mail clients do.
constexpr auto patience = 1500ms;

/// What is held beside the longest hello: its records' headers, early data.
constexpr std::size_t held_beside_hello = 64 * 1024;

const parser::FirstBytes* first_bytes(const Timeline& timeline) {
  for (const Entry& entry : timeline.entries()) {
    const auto* observation = std::get_if<parser::Observation>(&entry.fact);
    const auto* first = observation ? std::get_if<parser::FirstBytes>(observation) : nullptr;
    if (first) return first;
  }
  return nullptr;
}

/// Why nothing more can be read of the hello, if so.
std::optional<Lack> hopelessness(const Timeline& timeline) {
  for (const Entry& entry : timeline.entries()) {
    const auto* observation = std::get_if<parser::Observation>(&entry.fact);
    if (!observation) continue;
    if (std::holds_alternative<parser::Malformed>(*observation)) return Lack::broken_hello;
    if (std::holds_alternative<parser::LimitReached>(*observation)) return Lack::hello_too_long;
  }
  return std::nullopt;
}

}  // namespace

ClientIntake::ClientIntake(ConnectionContext& context, const InterceptionSettings& settings,
                           Connection::Owner& owner, Owner& chosen,
                           std::unique_ptr<LegSecrets> secrets, AcceptedClient client)
    : context_(context),
      settings_(settings),
      owner_(owner),
      chosen_(chosen),
      id_(client.record->id()),
      secrets_(std::move(secrets)),
      client_(std::move(client)),
      timer_(context.loop, [this] { on_timer(); }) {
  client_.stream.set_owner(this);
}

void ClientIntake::start() {
  timer_.start(std::min<std::chrono::milliseconds>(patience, context_.timeouts.handshake));
  client_.stream.start_reading();
}

void ClientIntake::shut_down() {
  if (!done_) give_up(ProxyReason::shutdown, {});
}

void ClientIntake::on_read(std::span<const std::uint8_t> bytes) {
  client_.early.insert(client_.early.end(), bytes.begin(), bytes.end());
  client_.record->bytes(wall_clock(), Leg::client, bytes);
  consider();
}

void ClientIntake::consider() {
  const ConnectionRecord& record = *client_.record;
  if (const parser::ClientHello* hello = record.client_hello()) return choose(hello);
  const parser::FirstBytes* first = first_bytes(record.timeline());
  if (first && first->protocol != parser::Protocol::tls) return choose(nullptr, Lack::no_tls);
  if (first && parser::begins_without_hello(client_.early))
    return choose(nullptr, Lack::broken_hello);
  if (const auto lack = hopelessness(record.timeline())) return choose(nullptr, *lack);
  const std::size_t longest = context_.records.limits.client_hello_bytes + held_beside_hello;
  if (client_.early.size() > longest) choose(nullptr, Lack::hello_too_long);
}

void ClientIntake::choose(const parser::ClientHello* hello, Lack lack) {
  hand_over(choose_mode(settings_, {hello, lack, client_.host, target()}));
}

void ClientIntake::hand_over(ModeChoice choice) {
  done_ = true;
  timer_.stop();
  client_.stream.stop_reading();
  chosen_.on_chosen(*this, std::move(client_), std::move(secrets_), std::move(choice));
}

void ClientIntake::on_read_end(int status) {
  if (done_) return;
  const parser::StreamEnd how = stream_end(status, false);
  if (how == parser::StreamEnd::fin && !client_.early.empty()) {
    // Half a hello, or bytes that wait for an answer: what the server says to them counts.
    client_.ended = true;
    client_.record->closed(wall_clock(), Leg::client, how, false, client_.early.size(), 0);
    const bool tls = first_bytes(client_.record->timeline()) != nullptr;
    return choose(nullptr, tls ? Lack::broken_hello : Lack::no_tls);
  }
  client_.record->closed(wall_clock(), Leg::client, how, false, client_.early.size(), 0);
  finish();
}

void ClientIntake::on_timer() {
  const std::chrono::milliseconds spent{context_.loop.now() - client_.begun};
  if (spent >= context_.timeouts.handshake) {
    return give_up(ProxyReason::handshake_timeout, context_.timeouts.handshake);
  }
  if (client_.early.empty()) {
    ModeChoice choice = choose_mode(settings_, {nullptr, Lack::silence, client_.host, target()});
    if (choice.mode == Mode::relay) return hand_over(std::move(choice));
  }
  timer_.start(context_.timeouts.handshake - spent);
}

void ClientIntake::give_up(ProxyReason reason, std::chrono::seconds limit) {
  const auto how =
      reason == ProxyReason::shutdown ? parser::StreamEnd::fin : parser::StreamEnd::timeout;
  client_.record->note(wall_clock(), Leg::client, ProxyClosing{reason, limit, {}});
  client_.record->closed(wall_clock(), Leg::client, how, true, client_.early.size(), 0);
  finish();
}

void ClientIntake::finish() {
  done_ = true;
  timer_.stop();
  const PastConnection facts{client_.accepted, client_.early.empty(), nullptr, std::nullopt};
  client_.record->conclude(wall_clock(),
                           context_.history.recall_and_add(client_.host, target(), facts));
  client_.stream.close();
  owner_.on_finished(*this);
}

}  // namespace legible::proxy
