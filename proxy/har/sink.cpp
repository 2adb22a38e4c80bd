#include "proxy/har/sink.hpp"

#include <optional>
#include <variant>

#include "parser/ascii.hpp"

namespace legible::proxy::har {
namespace {

constexpr int switching_protocols = 101;

/// Another response to the same request follows: after an interim one, and after h2c has begun, on
/// stream 1 (RFC 7540 section 3.2).
bool is_final(const parser::HttpResponse& response) {
  if (response.status == switching_protocols) {
    return !parser::same_in_any_case(response.protocol, "h2c");
  }
  return response.status >= 200;
}

}  // namespace

class Sink::Visitor {
 public:
  Visitor(Sink& sink, ConnectionId connection, Open& open, Leg from)
      : sink_(sink), connection_(connection), open_(open), from_(from) {}

  void operator()(const parser::HttpRequest& request) const {
    Pending& pending = open_.exchanges[request.id];
    sink_.keep(pending, pending.exchange.request, request);
    sink_.finish_if_whole(open_, request.id);
  }

  void operator()(const parser::HttpResponse& response) const {
    const bool solicited = response.id != 0;
    if (!solicited || !is_final(response)) return;
    Pending& pending = open_.exchanges[response.id];
    sink_.keep(pending, pending.exchange.response, response);
    sink_.finish_if_whole(open_, response.id);
  }

  void operator()(const parser::Http2StreamReset& reset) const {
    open_.exchanges[reset.id].exchange.reset = StreamReset{from_, reset.error};
    sink_.reset_.emplace_back(connection_, reset.id);
  }

  // They belong to no exchange, or to one that is told already.
  void operator()(const parser::Http2GoAway&) const {}
  void operator()(const parser::WebSocketMessage&) const {}
  void operator()(const parser::Malformed&) const {}
  void operator()(const parser::LimitReached&) const {}

 private:
  Sink& sink_;
  ConnectionId connection_;
  Open& open_;
  Leg from_;
};

Sink::Open& Sink::open(ConnectionId connection) {
  Open& found = connections_[connection];
  found.facts.id = connection;
  return found;
}

void Sink::on_entry(ConnectionId connection, const Timeline& before, const Entry& entry) {
  if (const auto* target = std::get_if<Target>(&entry.fact)) {
    ConnectionFacts& facts = open(connection).facts;
    facts.target = target->host;
    facts.target_port = target->port;
  } else if (const auto* connected = std::get_if<Connected>(&entry.fact)) {
    open(connection).facts.server = connected->address;
  } else if (const auto* seen = std::get_if<parser::Observation>(&entry.fact)) {
    // Of relayed TLS nothing can be read.
    if (before.scope() == Scope::relayed) return;
    const auto* hello = std::get_if<parser::Shared<parser::ServerHello>>(seen);
    if (hello == nullptr || (*hello)->hello_retry_request) return;
    const auto leg = static_cast<std::size_t>(leg_of(before.scope(), Leg::server));
    open(connection).facts.tls[leg] = LegTls{(*hello)->version, (*hello)->cipher};
  }
}

void Sink::on_http(ConnectionId connection, Time, Leg from, const parser::HttpEvent& event) {
  const Visitor visitor(*this, connection, open(connection), from);
  std::visit([&](const auto& held) { visitor(held.get()); }, event);
}

void Sink::on_verdict(ConnectionId connection, Time, const Timelines&, const Verdict&) {
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  for (auto& [number, pending] : found->second.exchanges) {
    finish(found->second.facts, std::move(pending));
  }
  connections_.erase(found);
}

void Sink::flush() {
  for (const auto& [connection, number] : reset_) {
    const auto open = connections_.find(connection);
    if (open == connections_.end()) continue;
    if (auto pending = open->second.exchanges.extract(number)) {
      finish(open->second.facts, std::move(pending.mapped()));
    }
  }
  reset_.clear();
}

/// A body for which there is no room is left out; a message, with its exchange.
template <class Message>
void Sink::keep(Pending& pending, std::optional<Message>& place, const Message& message) {
  Exchange& exchange = pending.exchange;
  std::size_t size = memory_of(message);
  bool room = taker_.reserve(size);
  const bool without_body = !room && !message.body.empty();
  if (without_body) {
    size -= message.body.size();
    room = taker_.reserve(size);
  }
  if (!room) {
    pending.lost = true;
    // That both are there still says when it is over.
    place.emplace();
    return;
  }
  exchange.reserved += size;
  place = message;
  if (without_body) {
    place->body = {};
    exchange.bodies_dropped = true;
  }
}

void Sink::finish_if_whole(Open& open, std::uint64_t number) {
  const auto found = open.exchanges.find(number);
  const Exchange& exchange = found->second.exchange;
  if (!exchange.request || !exchange.response) return;
  finish(open.facts, std::move(found->second));
  open.exchanges.erase(found);
}

void Sink::finish(const ConnectionFacts& facts, Pending&& pending) {
  Exchange& exchange = pending.exchange;
  if (pending.lost) return taker_.lose(exchange);
  if (!exchange.request && !exchange.response) return;
  exchange.connection = facts;
  taker_.take(std::move(exchange));
}

}  // namespace legible::proxy::har
