#include "proxy/commands/log_line.hpp"

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <array>
#include <utility>

namespace legible::proxy {
namespace {

/// Takes the fields of the outermost object; what is inside of others is passed over.
class FieldHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, FieldHandler> {
 public:
  bool StartObject() {
    if (depth_ == 0) is_object_ = true;
    return enter();
  }
  bool EndObject(rapidjson::SizeType) { return leave(); }
  bool StartArray() { return enter(); }
  bool EndArray(rapidjson::SizeType) { return leave(); }

  bool Key(const char* text, rapidjson::SizeType length, bool) {
    if (depth_ == 1) key_.assign(text, length);
    return true;
  }

  bool String(const char* text, rapidjson::SizeType length, bool) {
    using Member = std::string LogLine::*;
    static constexpr std::array<std::pair<std::string_view, Member>, 10> members = {{
        {"time", &LogLine::time},
        {"event", &LogLine::event},
        {"peer", &LogLine::peer},
        {"host", &LogLine::host},
        {"sni", &LogLine::sni},
        {"outcome", &LogLine::outcome},
        {"closer", &LogLine::closer},
        {"cause", &LogLine::cause},
        {"confidence", &LogLine::confidence},
        {"what", &LogLine::what},
    }};
    if (depth_ != 1) return true;
    for (const auto& [name, member] : members) {
      if (key_ == name) (line_.*member).assign(text, length);
    }
    return true;
  }

  bool Uint(unsigned number) { return Uint64(number); }
  bool Uint64(std::uint64_t number) {
    if (depth_ != 1) return true;
    if (key_ == "v") version_ = number;
    if (key_ == "conn") line_.connection = number;
    if (key_ == "port") line_.port = number;
    return true;
  }

  std::optional<LogLine> take() {
    if (!is_object_ || version_ != 1 || line_.event.empty() || line_.time.empty()) return {};
    return std::move(line_);
  }

 private:
  bool enter() {
    ++depth_;
    return true;
  }
  bool leave() {
    --depth_;
    return true;
  }

  LogLine line_;
  std::string key_;
  std::uint64_t version_ = 0;
  int depth_ = 0;
  bool is_object_ = false;
};

}  // namespace

std::optional<LogLine> read_log_line(std::string_view line) {
  rapidjson::MemoryStream bytes(line.data(), line.size());
  rapidjson::Reader reader;
  FieldHandler handler;
  constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
  if (reader.Parse<flags>(bytes, handler).IsError()) return {};
  return handler.take();
}

}  // namespace legible::proxy
