//! Names of the things that tickets are about: the kinds of references, in Spanish.

use ventanilla_service::ticket::Reference;

/// Kind of the references to orders.
pub(crate) const ORDER: &str = "order";

/// The kinds of this host, each with its name.
const KINDS: [(&str, &str); 2] = [(ORDER, "Pedido"), ("payment", "Pago")];

/// Returns the name of a thing: `Pedido 1001`. A thing of a kind that isn't this host's is named as it is stored.
pub(crate) fn name(reference: &Reference) -> String {
    let known = KINDS.iter().find(|(kind, _)| *kind == reference.kind());
    format!("{} {}", known.map_or(reference.kind(), |(_, name)| name), reference.id())
}

/// Parses a name as people type it, or the text form: `Pedido 1001`, `order:1001`.
pub(crate) fn parse(typed: &str) -> Option<Reference> {
    let typed = typed.trim();
    let named = typed.split_once(' ').and_then(|(word, id)| {
        let word = word.to_lowercase();
        let (kind, _) = KINDS.iter().find(|(_, name)| name.to_lowercase() == word)?;
        Reference::new(kind, id.trim_start()).ok()
    });
    named.or_else(|| typed.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for (text, shown) in
            [("order:1001", "Pedido 1001"), ("payment:mp:77", "Pago mp:77"), ("store:12", "store 12")]
        {
            let reference: Reference = text.parse().unwrap();
            assert_eq!(name(&reference), shown);
            assert_eq!(parse(text), Some(reference.clone()));
            if !text.starts_with("store") {
                assert_eq!(
                    parse(&format!(" {} ", shown.to_uppercase().to_lowercase())),
                    Some(reference)
                );
            }
        }
        for unknown in ["", "1001", "Pedido", "pedido ", "envío 12", "pedido 10 01"] {
            assert_eq!(parse(unknown), None, "{unknown:?}");
        }
    }
}
