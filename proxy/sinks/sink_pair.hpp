#pragma once
// Two sinks as one.

#include <memory>
#include <utility>

#include "proxy/record/event_sink.hpp"

namespace legible::proxy {

class SinkPair final : public EventSink {
 public:
  SinkPair(std::unique_ptr<EventSink> first, std::unique_ptr<EventSink> second)
      : first_(std::move(first)), second_(std::move(second)) {}

  void on_listening(Time time, std::string_view address) override {
    first_->on_listening(time, address);
    second_->on_listening(time, address);
  }
  void on_entry(ConnectionId connection, const Timeline& before, const Entry& entry) override {
    first_->on_entry(connection, before, entry);
    second_->on_entry(connection, before, entry);
  }
  void on_http(ConnectionId connection, Time time, Leg from,
               const parser::HttpEvent& event) override {
    first_->on_http(connection, time, from, event);
    second_->on_http(connection, time, from, event);
  }
  void on_verdict(ConnectionId connection, Time time, const Timelines& timelines,
                  const Verdict& verdict) override {
    first_->on_verdict(connection, time, timelines, verdict);
    second_->on_verdict(connection, time, timelines, verdict);
  }
  void on_notice(Time time, std::string_view what) override {
    first_->on_notice(time, what);
    second_->on_notice(time, what);
  }
  void flush() override {
    first_->flush();
    second_->flush();
  }

 private:
  std::unique_ptr<EventSink> first_;
  std::unique_ptr<EventSink> second_;
};

}  // namespace legible::proxy
