#include "proxy/sinks/event_log.hpp"

#include <fmt/format.h>

#include <chrono>

#include "proxy/commands/standard_streams.hpp"
#include "proxy/sinks/json_events.hpp"
#include "proxy/sinks/json_http.hpp"
#include "proxy/sinks/text_report.hpp"
#include "proxy/text/escape.hpp"

namespace legible::proxy {
namespace {

Time now() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string json_notice(std::string_view what) {
  std::string line;
  append_notice(line, now(), what);
  return line;
}

std::string text_notice(std::string_view what) {
  return fmt::format("notice: {}\n", escape_again(what));
}

}  // namespace

class EventOutputs::Sink final : public EventSink {
 public:
  explicit Sink(EventOutputs& outputs)
      : outputs_(outputs),
        wants_text_(outputs.format_ == OutputFormat::text),
        wants_json_(!wants_text_ || outputs.log_ != nullptr) {}
  ~Sink() override { flush(); }
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;

  void on_listening(Time time, std::string_view address) override {
    if (wants_json_) append_listening(json_, time, address);
  }

  void on_entry(ConnectionId connection, const Timeline& before, const Entry& entry) override {
    if (wants_json_) append_entry(json_, connection, before, entry);
  }

  void on_http(ConnectionId connection, Time time, Leg from,
               const parser::HttpEvent& event) override {
    if (wants_json_) append_http(json_, connection, time, from, event);
  }

  void on_verdict(ConnectionId connection, Time time, const Timelines& timelines,
                  const Verdict& verdict) override {
    if (wants_json_) append_verdict(json_, connection, time, verdict);
    if (wants_text_) {
      append_report(text_, connection, timelines, verdict, outputs_.palette_,
                    line_width(outputs_.descriptor_));
    }
  }

  void on_notice(Time time, std::string_view what) override {
    if (wants_json_) append_notice(json_, time, what);
    if (wants_text_) text_ += text_notice(what);
  }

  void flush() override {
    if (!json_.empty()) outputs_.write_json(json_);
    if (!text_.empty()) outputs_.standard_output_->write(text_);
    json_.clear();
    text_.clear();
  }

 private:
  EventOutputs& outputs_;
  const bool wants_text_;
  const bool wants_json_;
  std::string json_;
  std::string text_;
};

EventOutputs::EventOutputs(const OutputOptions& options)
    : format_(options.format),
      descriptor_(options.standard_output),
      palette_(palette_for(options.standard_output)) {
  if (options.log_path) {
    log_ = std::make_unique<OutputWriter>(*options.log_path,
                                          writer_options(OutputFormat::json, options.when_full));
  }
  standard_output_ = std::make_unique<OutputWriter>(options.standard_output, "standard output",
                                                    writer_options(format_, options.when_full));
}

// Both writers end before either is destroyed: each may report to the other until then.
EventOutputs::~EventOutputs() { close(); }

OutputWriter::Options EventOutputs::writer_options(OutputFormat format, WhenFull when_full) {
  OutputWriter::Options options;
  options.when_full = when_full;
  options.format_notice = format == OutputFormat::json ? json_notice : text_notice;
  options.report = [this, when_full](std::string_view what) {
    complain("legible: {}", what);
    // A thread must not wait for room in the queue that only it can empty.
    if (when_full == WhenFull::drop) notice(what);
  };
  return options;
}

std::unique_ptr<EventSink> EventOutputs::make_sink() { return std::make_unique<Sink>(*this); }

void EventOutputs::notice(std::string_view what) {
  const bool as_text = format_ == OutputFormat::text;
  if (as_text) standard_output_->write(text_notice(what));
  if (!as_text || log_) write_json(json_notice(what));
}

void EventOutputs::reopen() {
  if (log_) log_->reopen();
}

bool EventOutputs::close() {
  const bool logged = !log_ || log_->close();
  return standard_output_->close() && logged;
}

void EventOutputs::write_json(std::string_view lines) {
  if (format_ == OutputFormat::json) standard_output_->write(lines);
  if (log_) log_->write(lines);
}

}  // namespace legible::proxy
