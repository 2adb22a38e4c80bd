#pragma once
// The schema of events, held against the program's own lines.

#include <rapidjson/document.h>
#include <rapidjson/schema.h>
#include <rapidjson/stringbuffer.h>

#include <catch2/catch_test_macros.hpp>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

namespace legible::test {

inline std::string file(const std::string& path) {
  std::ifstream stream(path);
  REQUIRE(stream);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// docs/events.schema.json, applied to lines.
class EventSchema {
 public:
  EventSchema() : document_(parse()), schema_(document_) {}

  /// Empty when the line is one valid event, else what is wrong with it.
  std::string problem(std::string_view line) const {
    if (line.empty() || line.back() != '\n') return "no line end";
    line.remove_suffix(1);
    if (line.find('\n') != std::string_view::npos) return "several lines";
    for (const char c : line) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return "a control character";
    }
    rapidjson::Document event;
    event.Parse<rapidjson::kParseValidateEncodingFlag>(line.data(), line.size());
    if (event.HasParseError()) return "no JSON in UTF-8: " + std::string(line);
    rapidjson::SchemaValidator validator(schema_);
    if (!event.Accept(validator))
      return "not as the schema says: " + std::string(line.substr(0, 400));
    return undocumented(event);
  }

 private:
  static rapidjson::Document parse() {
    rapidjson::Document document;
    document.Parse(file(LEGIBLE_SOURCE_DIR "/docs/events.schema.json").c_str());
    REQUIRE_FALSE(document.HasParseError());
    return document;
  }

  /// Readers ignore fields that they do not know; we know ours.
  std::string undocumented(const rapidjson::Value& event) const {
    const auto& properties = document_["definitions"][event["event"].GetString()]["properties"];
    for (const auto& member : event.GetObject()) {
      if (!properties.HasMember(member.name)) {
        return std::string("undocumented field ") + member.name.GetString();
      }
    }
    return {};
  }

  rapidjson::Document document_;
  rapidjson::SchemaDocument schema_;
};

inline const EventSchema& event_schema() {
  static const EventSchema instance;
  return instance;
}

}  // namespace legible::test
