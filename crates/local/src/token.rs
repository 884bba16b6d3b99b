//! The token of one start.

use gatehouse_vault::Secret;
use zeroize::Zeroizing;

/// 256 random bits in hexadecimal: nobody guesses them, so a plain hash is enough to keep them.
pub(crate) fn new() -> Result<Secret, getrandom::Error> {
    let mut random = Zeroizing::new([0_u8; 32]);
    getrandom::fill(random.as_mut_slice())?;
    let text = random.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Secret::new(String::from_iter::<Vec<String>>(text)))
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_two_starts_have_the_same_token() {
        let (one, other) = (super::new().unwrap(), super::new().unwrap());
        assert_eq!(one.expose().len(), 64);
        assert_ne!(one.expose(), other.expose());
    }
}
