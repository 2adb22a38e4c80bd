#pragma once
// Who plays the client, and who the server? Rules speak of these two roles. In a conversation with
// an intercepting proxy one of them is the proxy's, and a verdict names who it was.

#include <string>

#include "proxy/diagnosis/verdict.hpp"
#include "proxy/record/timeline.hpp"

namespace legible::proxy::diagnosis {

/// The client or the server becomes the proxy where the proxy plays it; other closers stay.
Closer in_place(Closer role, Scope scope);
VerdictAlert in_place(VerdictAlert alert, Scope scope);

/// A rule's sentence with "the proxy" for the role that the proxy plays. What stands in quotation
/// marks is a peer's and stays.
std::string in_place(std::string sentence, Scope scope);

/// Closer, leg, alert, and what the rules said.
void put_in_place(Verdict& verdict, Scope scope);

}  // namespace legible::proxy::diagnosis
