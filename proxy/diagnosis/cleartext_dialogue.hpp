#pragma once
// How to read the lines of a dialogue in clear that may lead to TLS, and words in lines.

#include <string_view>

#include "parser/observation.hpp"
#include "proxy/diagnosis/situation.hpp"

namespace legible::proxy::diagnosis {

/// Is the word in the line, in any case (of ASCII)?
bool contains(std::string_view line, std::string_view word);

/// The same, if the word stands alone: not in the name of a host, a user or a file.
bool contains_as_word(std::string_view line, std::string_view word);

/// A client's command, without its IMAP tag.
std::string_view command(const parser::Dialogue& dialogue, const parser::Dialogue::Line& line);

/// The line is the client's, and asks for TLS.
bool asks_for_tls(const parser::Dialogue& dialogue, const parser::Dialogue::Line& line);

/// The line is the client's, and says that it leaves.
bool takes_leave(const parser::Dialogue& dialogue, const parser::Dialogue::Line& line);

/// What a client says does nothing but look, ask for TLS, or take leave.
bool is_preliminary(const parser::Dialogue& dialogue, const parser::Dialogue::Line& line);

/// Nothing was done in clear.
bool only_preliminaries(const parser::Dialogue& dialogue);

/// The client closed, or said that it would.
bool client_left(const Situation& situation, const parser::Dialogue& dialogue);

}  // namespace legible::proxy::diagnosis
