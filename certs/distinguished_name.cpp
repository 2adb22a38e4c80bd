#include "certs/distinguished_name.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include "certs/der_reader.hpp"
#include "certs/oid.hpp"
#include "parser/hex.hpp"

namespace legible::certs {
namespace {

void append_utf8(std::string& text, std::uint32_t point) {
  const auto put = [&text](std::uint32_t octet) { text += static_cast<char>(octet); };
  if (point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) point = 0xfffd;
  if (point < 0x80) {
    put(point);
  } else if (point < 0x800) {
    put(0xc0 | point >> 6);
    put(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    put(0xe0 | point >> 12);
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  } else {
    put(0xf0 | point >> 18);
    put(0x80 | (point >> 12 & 0x3f));
    put(0x80 | (point >> 6 & 0x3f));
    put(0x80 | (point & 0x3f));
  }
}

std::string from_bmp(std::span<const std::uint8_t> content) {
  std::string text;
  for (std::size_t i = 0; i + 1 < content.size(); i += 2) {
    std::uint32_t unit = static_cast<std::uint32_t>(content[i]) << 8 | content[i + 1];
    // BMPString has no surrogates, yet encoders put UTF-16 there.
    if (unit >= 0xd800 && unit < 0xdc00 && i + 3 < content.size()) {
      const std::uint32_t low = static_cast<std::uint32_t>(content[i + 2]) << 8 | content[i + 3];
      if (low >= 0xdc00 && low < 0xe000) {
        unit = 0x10000 + ((unit - 0xd800) << 10 | (low - 0xdc00));
        i += 2;
      }
    }
    append_utf8(text, unit);
  }
  return text;
}

std::string from_universal(std::span<const std::uint8_t> content) {
  std::string text;
  for (std::size_t i = 0; i + 3 < content.size(); i += 4) {
    append_utf8(text, static_cast<std::uint32_t>(content[i]) << 24 |
                          static_cast<std::uint32_t>(content[i + 1]) << 16 |
                          static_cast<std::uint32_t>(content[i + 2]) << 8 | content[i + 3]);
  }
  return text;
}

std::string from_latin1(std::span<const std::uint8_t> content) {
  std::string text;
  for (const std::uint8_t octet : content) append_utf8(text, octet);
  return text;
}

/// UTF-8 of an attribute's value; a type that is no string gives "#" and its DER in hex (RFC 4514
/// section 2.4).
std::string value_text(const DerElement& value) {
  switch (value.tag) {
    case tag::utf8_string:
    case tag::printable_string:
    case tag::ia5_string:
    case tag::visible_string:
      return {value.content.begin(), value.content.end()};
    case tag::t61_string:
      // T.61 proper is used by nobody: what is called so holds ISO 8859-1.
      return from_latin1(value.content);
    case tag::bmp_string:
      return from_bmp(value.content);
    case tag::universal_string:
      return from_universal(value.content);
    default:
      return "#" + parser::hex(value.whole);
  }
}

/// A value that would be taken for several attributes is quoted, a quote inside doubled.
void append_quoted(std::string& text, std::string_view value) {
  const bool plain =
      value.find_first_of(",+\"") == value.npos && !value.starts_with(' ') && !value.ends_with(' ');
  if (plain) {
    text += value;
    return;
  }
  text += '"';
  for (const char c : value) {
    if (c == '"') text += '"';
    text += c;
  }
  text += '"';
}

struct Attribute {
  std::span<const std::uint8_t> type;
  DerElement value;
  bool first_of_rdn = false;
};

/// Calls visit(Attribute) for each attribute of a Name; false when it is malformed.
template <class Visit>
bool for_each_attribute(std::span<const std::uint8_t> der, Visit visit) {
  DerReader outer(der);
  const auto sequence = outer.next(tag::sequence);
  if (!sequence || !outer.empty()) return false;
  DerReader rdns(sequence->content);
  while (const auto rdn = rdns.next(tag::set)) {
    DerReader attributes(rdn->content);
    bool first = true;
    while (const auto attribute = attributes.next(tag::sequence)) {
      DerReader parts(attribute->content);
      const auto type = parts.next(tag::oid);
      const auto value = parts.next();
      if (!type || !value || !parts.empty()) return false;
      visit(Attribute{type->content, *value, first});
      first = false;
    }
    if (first || !attributes.empty()) return false;
  }
  return rdns.empty();
}

void append_folded(std::string& form, std::string_view value) {
  bool blank = false;
  const std::size_t start = form.size();
  for (const char c : value) {
    if (c == ' ') {
      blank = true;
      continue;
    }
    if (blank && form.size() > start) form += ' ';
    blank = false;
    form += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
}

/// Self-delimiting: the form of one RDN is no prefix of another's.
void append_counted(std::string& form, std::string_view part) {
  const auto size = static_cast<std::uint32_t>(part.size());
  for (unsigned shift = 0; shift < 32; shift += 8) form += static_cast<char>(size >> shift & 0xff);
  form += part;
}

}  // namespace

std::optional<Name> read_name(std::span<const std::uint8_t> der) {
  static constexpr Oid common_name = "2.5.4.3"_oid;
  Name name;
  name.der.assign(der.begin(), der.end());
  name.text.reserve(der.size());
  const bool whole = for_each_attribute(der, [&name](const Attribute& attribute) {
    if (!name.text.empty()) name.text += attribute.first_of_rdn ? ", " : "+";
    const std::string_view type = find_name(attribute_names(), attribute.type);
    if (type.empty()) {
      name.text += dotted(attribute.type);
    } else {
      name.text += type;
    }
    name.text += '=';
    std::string value = value_text(attribute.value);
    append_quoted(name.text, value);
    if (common_name == attribute.type) name.common_name = std::move(value);
  });
  if (!whole) return std::nullopt;
  return name;
}

std::string canonical_name(std::span<const std::uint8_t> der) {
  std::string form;
  std::string rdn;
  const auto finish_rdn = [&] {
    if (!rdn.empty()) append_counted(form, rdn);
    rdn.clear();
  };
  const bool whole = for_each_attribute(der, [&](const Attribute& attribute) {
    if (attribute.first_of_rdn) finish_rdn();
    append_counted(rdn,
                   {reinterpret_cast<const char*>(attribute.type.data()), attribute.type.size()});
    std::string folded;
    append_folded(folded, value_text(attribute.value));
    append_counted(rdn, folded);
  });
  finish_rdn();
  if (!whole) return {der.begin(), der.end()};
  return form;
}

bool operator==(const Name& a, const Name& b) {
  return a.der == b.der || canonical_name(a.der) == canonical_name(b.der);
}

NameList::NameList(std::span<const std::vector<std::uint8_t>> names) {
  forms_.reserve(names.size());
  for (const auto& der : names) forms_.push_back(canonical_name(der));
  std::ranges::sort(forms_);
}

bool NameList::has(const Name& name) const {
  return std::ranges::binary_search(forms_, canonical_name(name.der));
}

}  // namespace legible::certs
