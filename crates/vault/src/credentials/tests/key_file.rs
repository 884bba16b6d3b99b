//! A key file that several processes use.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_change_a_key_file_at_the_same_time_lose_none_of_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    let mut at_work = tokio::task::JoinSet::new();
    for process in 0..8 {
        // The lock belongs to an open file, so that two shelves are to each other what two processes are.
        let shelf = KeyFile::new(path.clone());
        at_work.spawn(async move {
            for turn in 0..6 {
                let (old, new) = (format!("{process}-{turn}"), format!("{process}-next"));
                shelf.put(&old, &MasterKey::generate()).await.unwrap();
                shelf.put(&new, &MasterKey::generate()).await.unwrap();
                shelf.delete(&old).await.unwrap();
            }
            let kept = MasterKey::generate();
            shelf.put(&process.to_string(), &kept).await.unwrap();
            kept
        });
    }
    let kept = at_work.join_all().await;
    let shelf = KeyFile::new(path);
    let mut found = 0;
    for process in 0..8 {
        let key = shelf.get(&process.to_string()).await.unwrap().unwrap();
        found += kept.iter().filter(|one| one.bytes() == key.bytes()).count();
        let gone = shelf.get(&format!("{process}-5")).await.unwrap();
        assert!(gone.is_none(), "what one took away is not brought back");
    }
    assert_eq!(found, 8, "each key is there as it was put");
}
