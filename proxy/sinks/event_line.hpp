#pragma once
// One event's line while it is written, and the values that many events share.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "parser/iana_tables.hpp"
#include "proxy/record/event_sink.hpp"
#include "proxy/sinks/json_writer.hpp"
#include "proxy/sinks/time_text.hpp"
#include "proxy/sinks/wire_text.hpp"
#include "proxy/text/escape.hpp"

namespace legible::proxy {

/// Opens the object with the fields that all events have; the destructor ends object and line.
class EventLine : public JsonWriter {
 public:
  EventLine(std::string& out, Time time, std::string_view event,
            std::optional<ConnectionId> connection = {}, std::optional<Leg> leg = {})
      : JsonWriter(out) {
    begin_object();
    field("v", 1);
    key("time");
    plain_value(TimeText(time));
    plain_field("event", event);
    if (connection) field("conn", *connection);
    if (leg) plain_field("leg", id(*leg));
  }
  ~EventLine() {
    end_object();
    end_line();
  }
};

/// A string that one of proxy/text/escape.hpp's functions makes printable. Nearly all are printable
/// as they are.
inline void escaped_value(JsonWriter& json, std::string_view text,
                          std::string (*escape)(std::string_view)) {
  if (!json.printable_value(text)) json.value(escape(text));
}

inline void escaped_field(JsonWriter& json, std::string_view name, std::string_view text,
                          std::string (*escape)(std::string_view)) {
  json.key(name);
  escaped_value(json, text, escape);
}

/// {"id":"0x1301","name":"TLS_AES_128_GCM_SHA256"}, the number in `bytes` bytes; the name is null
/// when the registry has none.
inline void write_named_id(JsonWriter& json, std::uint32_t number, std::size_t bytes,
                           std::string_view name) {
  json.begin_object();
  json.key("id");
  json.hex_id_value(number, bytes);
  json.key("name");
  name.empty() ? json.value(nullptr) : json.plain_value(name);
  json.end_object();
}

template <class Number, class Registry>
void write_registry_value(JsonWriter& json, parser::WireNumber<Number, Registry> number) {
  write_named_id(json, number.value, sizeof(Number), parser::name(number));
}

template <class WireNumber>
void registry_field(JsonWriter& json, std::string_view name,
                    const std::optional<WireNumber>& number) {
  json.key(name);
  if (number) {
    write_registry_value(json, *number);
  } else {
    json.value(nullptr);
  }
}

template <class WireNumbers>
void registry_array(JsonWriter& json, std::string_view name, const WireNumbers& numbers) {
  json.array(name, numbers, [&](auto number) { write_registry_value(json, number); });
}

/// "warning", "fatal", or null; the description's name and its number, or null for both.
void write_alert_fields(JsonWriter& json, const std::optional<parser::AlertLevel>& level,
                        const std::optional<parser::AlertDescription>& description);

}  // namespace legible::proxy
