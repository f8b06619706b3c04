//! Rows from before a rule: what keeps such a value may be changed otherwise, over the API and by a file, and be repaired.

use vestibule_model::{Account, User};

use super::*;

#[test]
fn another_field_may_change_while_a_value_from_before_a_rule_stays() {
    block_on(async {
        let scene = Scene::make().await;
        scene.break_rules().await;
        let lines = [
            Line::patch(Rule::AccountCodeLength, "", json!({ "time_zone": "UTC" }), "features = []\n"),
            Line::patch(
                Rule::LoginNameCharacters,
                "users/3705342601",
                json!({ "nickname": "A" }),
                "[[account.user]]\nid = 3705342601\nlogin_name = \" name \"\nemail = \"a\"\n",
            ),
        ];
        for line in lines {
            let status = scene.status(&line).await;
            assert_eq!((status, scene.applied(&line).await), (200, None), "{:?}", line.rule);
        }
    });
}

#[test]
fn a_value_from_before_a_rule_is_repaired_and_does_not_come_back() {
    block_on(async {
        let scene = Scene::make().await;
        scene.break_rules().await;
        let repair = Line::patch(Rule::AccountNumberNegative, "", json!({ "number": 7 }), "number = 7\n");
        assert_eq!((scene.applied(&repair).await, scene.status(&repair).await), (None, 200));
        let again = Line::patch(Rule::AccountNumberNegative, "", json!({ "number": -4 }), "number = -4\n");
        assert_eq!(scene.status(&again).await, 422);
        assert!(scene.applied(&again).await.is_some());
    });
}

impl Scene {
    /// As an older version, or another program, may have left it.
    async fn break_rules(&self) {
        let rows = self.store().account(HERE.parse().unwrap()).await.unwrap().unwrap();
        let mut account = Account { number: -4, ..rows.account };
        account.session_policy.idle_seconds = 0;
        let user = rows.users.into_iter().find(|user| user.login_name == "name").unwrap();
        let user = User { login_name: " name ".into(), profiles: vec![1, 99], max_chats: -1, ..user };
        self.change(vec![Change::PutAccount(account.into()), Change::PutUser(user.into())]).await;
    }
}
