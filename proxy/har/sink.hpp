#pragma once
// A connection's events to exchanges: requests with their responses, and what carried them.

#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "proxy/har/exchange.hpp"
#include "proxy/record/event_sink.hpp"

namespace legible::proxy::har {

/// Who takes exchanges that are over, and bounds what those of all loops keep. Thread-safe.
class ExchangeTaker {
 public:
  virtual ~ExchangeTaker() = default;
  /// False when there is no room for so many bytes.
  virtual bool reserve(std::size_t bytes) = 0;
  virtual void take(Exchange&& exchange) = 0;
  /// What was reserved for it is free again.
  virtual void lose(const Exchange& exchange) = 0;
};

class Sink final : public EventSink {
 public:
  /// `taker` must outlive it.
  explicit Sink(ExchangeTaker& taker) : taker_(taker) {}

  void on_listening(Time, std::string_view) override {}
  void on_entry(ConnectionId connection, const Timeline& before, const Entry& entry) override;
  void on_http(ConnectionId connection, Time time, Leg from,
               const parser::HttpEvent& event) override;
  /// What is not over by now has no end.
  void on_verdict(ConnectionId connection, Time time, const Timelines& timelines,
                  const Verdict& verdict) override;
  void on_notice(Time, std::string_view) override {}
  void flush() override;

 private:
  struct Pending {
    Exchange exchange;
    bool lost = false;  ///< there was no room for it
  };

  struct Open {
    ConnectionFacts facts;
    std::map<std::uint64_t, Pending> exchanges;  ///< by their number
  };

  class Visitor;
  Open& open(ConnectionId connection);
  template <class Message>
  void keep(Pending& pending, std::optional<Message>& place, const Message& message);
  void finish_if_whole(Open& open, std::uint64_t number);
  void finish(const ConnectionFacts& facts, Pending&& pending);

  ExchangeTaker& taker_;
  std::unordered_map<ConnectionId, Open> connections_;
  /// Whose streams were reset: what there is of them is told in the same call.
  std::vector<std::pair<ConnectionId, std::uint64_t>> reset_;
};

}  // namespace legible::proxy::har
